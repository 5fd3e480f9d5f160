import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { answerProblem } from '../../../scripts/fuzz-ingest/answer-problem.ts';
import { hostileRequest } from '../../../scripts/fuzz-ingest/hostile-request.ts';
import { FUZZ_KEYS } from '../../../scripts/fuzz-ingest/memory-stores.ts';
import { runFuzz } from '../../../scripts/fuzz-ingest/run-fuzz.ts';
import { createPipeline, startEngines, type Engines } from '../../support/pipeline.ts';

// Slices of what `npm run fuzz:ingest` does at length.

let engines: Engines;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});

test('any bytes get an answer from the documented set, and crash nothing', async () => {
  const report = await runFuzz({ seed: 7, bodies: 10_000 });
  expect(report.findings).toEqual([]);
  expect(report).toMatchObject({ bodies: 10_000, crashes: 0, undocumented: 0 });
  // The run met what it is meant to meet.
  expect([...report.statuses.keys()]).toEqual(
    expect.arrayContaining([200, 204, 400, 401, 403, 404, 405, 415, 501]),
  );
  expect(report.storedEvents).toBeGreaterThan(1_000);
});

test('a request of a run can be repeated alone', () => {
  expect(hostileRequest(7, 4_711)).toEqual(hostileRequest(7, 4_711));
  expect(hostileRequest(7, 4_711)).not.toEqual(hostileRequest(8, 4_711));
  expect(hostileRequest(7, 4_711)).not.toEqual(hostileRequest(7, 4_712));
});

test('on the embedded engine too, what is accepted is stored and decided, none of it stuck', async () => {
  const pipeline = await createPipeline(engines);
  const { keys, clock } = pipeline;
  await keys.ensure(FUZZ_KEYS.plain, { scope: 'ingest', name: 'plain' }, clock.now);
  await keys.ensure(FUZZ_KEYS.reader, { scope: 'read', name: 'reader' }, clock.now);
  const signed = await keys.ensure(FUZZ_KEYS.signed, { scope: 'ingest', name: 'signed' }, clock.now);
  await keys.setSignatureSecrets(signed.id, [FUZZ_KEYS.secret]);
  const revoked = await keys.ensure(FUZZ_KEYS.revoked, { scope: 'ingest', name: 'revoked' }, clock.now);
  await keys.revoke(revoked.id, clock.now);
  const errors = jest.spyOn(console, 'error').mockImplementation(() => undefined);
  const problems: string[] = [];
  for (let index = 0; index < 600; index += 1) {
    const request = hostileRequest(11, index);
    const answer = await pipeline.ingest(request);
    const problem = answerProblem(request, answer, storedIn(answer.body));
    if (problem !== undefined) problems.push(`--seed 11 --only ${String(index)}: the answer ${problem}`);
  }
  await pipeline.drainEvents();
  errors.mockRestore();
  expect(problems).toEqual([]);
  // What process could not handle would still be in the queue, hidden until its next try.
  const { Attributes: counts } = await pipeline.sqs.client.send(
    new GetQueueAttributesCommand({ QueueUrl: pipeline.queues.events.url, AttributeNames: ['All'] }),
  );
  expect(counts).toMatchObject({
    ApproximateNumberOfMessages: '0',
    ApproximateNumberOfMessagesNotVisible: '0',
  });
});

/** Takes the answer's word for it: how many events were stored is what the run in memory checks. */
function storedIn(body: string | undefined): number {
  const results: unknown = body === undefined ? undefined : JSON.parse(body);
  if (typeof results !== 'object' || results === null || !('results' in results)) return 0;
  if (!Array.isArray(results.results)) return 0;
  return results.results.filter(
    (each: unknown) =>
      typeof each === 'object' &&
      each !== null &&
      'effect' in each &&
      each.effect === 'stored' &&
      !('duplicate' in each),
  ).length;
}
