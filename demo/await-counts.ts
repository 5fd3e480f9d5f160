import { setTimeout as pause } from 'node:timers/promises';
import { startProgress } from './progress.ts';

export interface Wait {
  readonly step: string;
  readonly total: number;
  /** How many of `total` are done now. */
  readonly read: () => Promise<number>;
}

const POLL_EVERY_MS = 300;
/** Nothing moved for so long: what is missing then will not come by waiting. */
const STALLED_MS = 60_000;

/** Shows progress until all is done; false when nothing has moved for a minute. */
export async function awaitCounts({ step, total, read }: Wait): Promise<boolean> {
  const progress = startProgress(step, total);
  let done = -1;
  let movedAt = Date.now();
  try {
    for (;;) {
      const now = await read();
      if (now !== done) movedAt = Date.now();
      done = now;
      progress.at(done);
      if (done >= total) return true;
      if (Date.now() - movedAt > STALLED_MS) return false;
      await pause(POLL_EVERY_MS);
    }
  } finally {
    progress.end();
  }
}
