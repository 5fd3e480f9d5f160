import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PipelineApi } from '../../../demo/pipeline-api.ts';
import { Random } from '../../../demo/random.ts';
import { acknowledged, inParallel, untilDrained } from '../../support/live-pipeline.ts';
import { ADMIN_KEY, startRuntimeProcess, temporaryDataDir } from '../../support/runtime-process.ts';
import { comparison, Load } from './load.ts';

// npm run crash [-- --rounds N] [--seed S]
//
// `kill -9` of the whole pipeline, N times, each at a random moment while senders send as fast as they can. A sender repeats
// what was not acknowledged, as Segment does, and nothing else. In the end every event that was acknowledged must be counted
// exactly once, per feature and per user.

const SENDERS = 6;
const LATEST_KILL_MS = 1_500;
const DRAINED_WITHIN_MS = 15 * 60_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const rounds = Number(values.rounds);
const random = new Random(`crash-rounds-${values.seed}`);
const load = new Load(random);
const dataDir = temporaryDataDir();
const started = performance.now();
let pipeline = await startRuntimeProcess(dataDir.path);

try {
  const api = new PipelineApi(pipeline.url, ADMIN_KEY);
  for (const id of ['calls', 'messages']) await api.createFeature({ id, name: id, type: 'consumable' });
  await api.createRule({ featureId: 'messages', event: { operator: 'equals', value: 'Sent' } });
  for (let round = 1; round <= rounds; round += 1) {
    const running = pipeline;
    let isKilled = false;
    // From the first answer on: before it there is nothing that could be lost, however slow the machine is.
    const answered = Promise.withResolvers<undefined>();
    const kill = answered.promise.then(async () => {
      await setTimeout(random.integer(20, LATEST_KILL_MS));
      isKilled = true;
      await running.kill();
    });
    await inParallel(SENDERS, load.requests(), async (request) => {
      if (isKilled) load.giveBack(request);
      else if ((await acknowledged(running.url, request.path, request.body)) === undefined)
        load.giveBack(request);
      else {
        load.confirm(request);
        answered.resolve(undefined);
      }
      if (isKilled) load.close();
    });
    await kill;
    load.open();
    pipeline = await startRuntimeProcess(dataDir.path);
    if (process.stderr.isTTY) process.stderr.write(`\r${String(round)} of ${String(rounds)}`);
  }
  if (process.stderr.isTTY) process.stderr.write('\r');
  // What was not acknowledged comes again until it is.
  while (load.hasGivenBack()) {
    await inParallel(SENDERS, load.givenBack(), async (request) => {
      if ((await acknowledged(pipeline.url, request.path, request.body)) === undefined)
        load.giveBack(request);
      else load.confirm(request);
    });
  }
  await untilDrained(dataDir.path, DRAINED_WITHIN_MS);
  const differences = await comparison(new PipelineApi(pipeline.url, ADMIN_KEY), load.confirmed);
  for (const difference of differences.slice(0, 10)) console.log(difference);
  console.log(
    `${String(rounds)} rounds of kill -9, seed ${values.seed}, ${String(load.confirmed.length)} acknowledged events in ${((performance.now() - started) / 1000).toFixed(0)} s: ${String(differences.length)} differences.`,
  );
  if (differences.length > 0) process.exitCode = 1;
} finally {
  await pipeline.kill();
  dataDir.remove();
}
