import { expect, test } from '@jest/globals';
import { watchDiskSpace } from '../../../local/disk-space.ts';
import type { LogEntry } from '../../../local/log.ts';

const MEGABYTE = 1024 * 1024;

test('a disk that is nearly full is told once, and once when it has room again; in between nothing may be written', async () => {
  const said: LogEntry[] = [];
  let freeMb = 500;
  const watch = watchDiskSpace(
    '/data',
    (entry) => said.push(entry),
    () => Promise.resolve(freeMb * MEGABYTE),
  );
  const isShort: boolean[] = [];
  try {
    for (freeMb of [500, 15, 9, 0, 20, 40, 500]) {
      await watch.look();
      isShort.push(watch.isShort());
    }
  } finally {
    watch.stop();
  }
  expect(isShort).toEqual([false, true, true, true, true, false, false]);
  expect(said.map(({ level, text }) => [level, text.slice(0, 60)])).toEqual([
    ['warn', 'The disk that holds /data has 15 MB left: make room. What ca'],
    ['info', 'The disk that holds /data has room again.'],
  ]);
});
