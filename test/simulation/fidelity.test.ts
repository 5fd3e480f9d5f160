import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startFauxqs } from 'fauxqs';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';
import { describeDifference } from './fidelity/compare-dynamo.ts';
import { jsonService } from './fidelity/json-service.ts';
import { runFidelity } from './fidelity/run-fidelity.ts';

// A slice of `npm run fidelity`: the model against the embedded engines.

const SEED = Number(process.env['SEED'] ?? 1);

let dynamo: TestDynamo;
let sqs: Awaited<ReturnType<typeof startFauxqs>>;

beforeAll(async () => {
  [dynamo, sqs] = await Promise.all([startTestDynamo(), startFauxqs({ port: 0, logger: false })]);
});
afterAll(async () => {
  await Promise.all([dynamo.stop(), sqs.stop()]);
});

test(`the model answers 6,000 requests as the embedded engines do (SEED=${String(SEED)})`, async () => {
  const [service, queues] = [
    jsonService('dynamodb', dynamo.endpoint),
    jsonService('sqs', `http://127.0.0.1:${String(sqs.port)}`),
  ];
  const report = await runFidelity({
    seed: SEED,
    operations: 6_000,
    engines: [{ name: 'embedded', service }],
    queues,
  });
  service.close();
  queues.close();
  expect(report.operations + report.queueOperations).toBeGreaterThanOrEqual(6_000);
  expect(report.queueDifferences).toEqual([]);
  expect(report.differences.filter(({ reason }) => reason === undefined).map(describeDifference)).toEqual([]);
});
