import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { PipelineApi } from '../../demo/pipeline-api.ts';
import { acknowledged, deliver, untilDrained } from '../support/live-pipeline.ts';
import {
  ADMIN_KEY,
  INGEST_KEY,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';

// A disk of the test's own, in memory, that fills up under load and gets room again, and that becomes read-only. Mounting
// one takes the rights of root in Linux; elsewhere these tests are left out.

const dataDir = temporaryDataDir();
const mount = (...args: readonly string[]): boolean =>
  spawnSync('mount', [...args, dataDir.path], { stdio: 'ignore' }).status === 0;
const canMount = mount('-t', 'tmpfs', '-o', 'size=48m', 'tallyhook');
if (!canMount)
  console.warn('Left out: what happens when the disk is full, because nothing may be mounted here.');
const testWithDisk = canMount ? test : test.skip;

let pipeline: RuntimeProcess | undefined;

afterEach(async () => {
  await pipeline?.kill();
  pipeline = undefined;
});
afterAll(() => {
  if (canMount) spawnSync('umount', [dataDir.path]);
  dataDir.remove();
});

const EVENTS_PER_REQUEST = 10;
const REQUESTS_MAX = 400;
const REFUSALS = 3;

/** A body that does not compress, so that few fill the disk. */
const request = (index: number): object[] =>
  Array.from({ length: EVENTS_PER_REQUEST }, (_, at) => ({
    type: 'track',
    event: 'Called',
    userId: `user-${String(at)}`,
    messageId: `request-${String(index)}-${String(at)}`,
    timestamp: '2026-11-02T09:00:00Z',
    properties: { featureId: 'calls', noise: randomBytes(15_000).toString('base64') },
  }));

testWithDisk(
  'a full disk is answered with 503 and told in one sentence, and with room again every event counts once',
  async () => {
    pipeline = await startRuntimeProcess(dataDir.path);
    const { url } = pipeline;
    const api = new PipelineApi(url, ADMIN_KEY);
    await api.createFeature({ id: 'calls', name: 'Calls', type: 'consumable' });

    const refused: object[][] = [];
    let sent = 0;
    for (; refused.length < REFUSALS && sent < REQUESTS_MAX; sent += 1) {
      const events = request(sent);
      if ((await acknowledged(url, '/segment', events)) === undefined) refused.push(events);
    }
    expect(refused).toHaveLength(REFUSALS);
    const response = await fetch(`${url}/segment`, {
      method: 'POST',
      headers: { authorization: `Bearer ${INGEST_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(refused[0]),
    });
    expect(response.status).toBe(503);
    expect(pipeline.output()).toMatch(/The disk that holds .* MB left: make room\./);

    expect(mount('-o', 'remount,size=512m')).toBe(true);
    for (const events of refused) await deliver(url, '/segment', events);
    // What process could not do while the disk was full comes again after its visibility timeout, six minutes, or at once
    // after a restart.
    await pipeline.kill();
    pipeline = await startRuntimeProcess(dataDir.path);
    await untilDrained(dataDir.path, 60_000);
    const restarted = new PipelineApi(pipeline.url, ADMIN_KEY);
    const [usage] = await restarted.usage({ from: '2026-11-01', to: '2026-11-05' });
    expect(usage).toMatchObject({ featureId: 'calls', count: sent * EVENTS_PER_REQUEST });
  },
  150_000,
);

testWithDisk(
  'a folder on a read-only disk is refused with what to do, and what is in it is there when it can be written again',
  async () => {
    expect(mount('-o', 'remount,ro')).toBe(true);
    await expect(startRuntimeProcess(dataDir.path)).rejects.toThrow(
      /cannot be written to \(EROFS\): set DATA_DIR to a folder that you may write to/,
    );
    expect(mount('-o', 'remount,rw')).toBe(true);
    pipeline = await startRuntimeProcess(dataDir.path);
    const [usage] = await new PipelineApi(pipeline.url, ADMIN_KEY).usage({
      from: '2026-11-01',
      to: '2026-11-05',
    });
    expect(usage).toMatchObject({ featureId: 'calls' });
  },
  90_000,
);
