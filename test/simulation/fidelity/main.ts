import { parseArgs } from 'node:util';
import { startFauxqs } from 'fauxqs';
import { startTestDynamo } from '../../support/dynamo.ts';
import { startAmazonDynamo } from './amazon-dynamodb.ts';
import { describeDifference, type Engine } from './compare-dynamo.ts';
import { jsonService } from './json-service.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { runFidelity } from './run-fidelity.ts';

// npm run fidelity [-- --operations N] [--seed S]
//
// Whether the simulation's DynamoDB and SQS do what others do: generated requests to the model, to the embedded engines and,
// where it is installed, to Amazon's DynamoDB Local. Ends with status 1 at a difference that known-differences.ts does not
// explain. See docs/simulation.md.

const SHOWN_MAX = 10;

const { values } = parseArgs({
  options: {
    operations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});

const started = performance.now();
const [embedded, amazon, sqs] = await Promise.all([
  startTestDynamo(),
  startAmazonDynamo(),
  startFauxqs({ port: 0, logger: false }),
]);
if ('notice' in amazon) console.log(amazon.notice);
const embeddedEngine: Engine = { name: 'embedded', service: jsonService('dynamodb', embedded.endpoint) };
const engines: [Engine, ...Engine[]] = [embeddedEngine];
if ('endpoint' in amazon)
  engines.push({ name: 'DynamoDB Local', service: jsonService('dynamodb', amazon.endpoint) });
const queues = jsonService('sqs', `http://127.0.0.1:${String(sqs.port)}`);

const wanted = Number(values.operations);
const { operations, differences, queueOperations, queueDifferences } = await runFidelity(
  { seed: Number(values.seed), operations: wanted, engines, queues },
  (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${String(done)} of ${String(wanted)}`);
  },
);
if (process.stderr.isTTY) process.stderr.write('\r');

const unexplained = differences.filter(({ reason }) => reason === undefined);
for (const difference of unexplained.slice(0, SHOWN_MAX)) console.log(describeDifference(difference));
for (const { seed, what, model, engine } of queueDifferences.slice(0, SHOWN_MAX))
  console.log(`embedded SQS, trace ${String(seed)}: ${what}\n  model  ${model}\n  engine ${engine}`);
for (const { engine, reason } of KNOWN_DIFFERENCES) {
  const count = differences.filter((each) => each.engine === engine && each.reason === reason).length;
  if (count > 0) console.log(`known  ${String(count).padStart(6)} × ${engine}: ${reason}`);
}
const seconds = ((performance.now() - started) / 1000).toFixed(0);
console.log(
  `${String(operations)} operations on DynamoDB (the model, ${engines.map(({ name }) => name).join(', ')}) and ${String(queueOperations)} on SQS, seed ${values.seed}, in ${seconds} s: ${String(unexplained.length + queueDifferences.length)} unexplained differences.`,
);
if (unexplained.length + queueDifferences.length > 0) process.exitCode = 1;

for (const { service } of [...engines, { service: queues }]) service.close();
await Promise.all([embedded.stop(), sqs.stop(), 'stop' in amazon ? amazon.stop() : undefined]);
