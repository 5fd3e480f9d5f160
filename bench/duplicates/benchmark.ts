import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { Benchmark, BenchmarkReport, ReportTable, Target } from '../benchmark.ts';
import { ingestFunction, requestOf } from '../ingest/ingest-function.ts';
import { startLocalRuntime, TABLES, until, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { sendEvents, trackEvent } from '../pipeline/load.ts';

// What a duplicate costs: the calls that the ingest function makes for requests of which a share has been taken, and
// counted, before. Counted, not timed. A duplicate that changes nothing is not queued, so process never hears of it.

const EVENTS = 200;
const SHARES = [0, 0.1, 1];
const PATIENCE_MS = 60_000;

export const benchmark: Benchmark = {
  title: 'what duplicates cost: calls of the ingest function per event',
  async run(progress): Promise<BenchmarkReport> {
    const runtime = await startLocalRuntime();
    try {
      progress('the first of each');
      await sendFirst(runtime);
      const rows: ReportTable['rows'][number][] = [];
      const targets: Target[] = [];
      for (const perRequest of [1, 100]) {
        const counts: Counts[] = [];
        for (const share of SHARES) {
          progress(`${perRequest} an event, ${share} duplicates`);
          const counted = await countCalls(runtime, perRequest, share);
          counts.push(counted);
          const { puts, otherWrites, reads, messages } = counted;
          const figures = [puts, otherWrites, reads, messages].map((count) => count / EVENTS);
          rows.push([perRequest === 1 ? 'single' : 'arrays of 100', `${share * 100} %`, ...figures]);
        }
        const [none, , all] = counts;
        if (none === undefined || all === undefined) throw new Error('Nothing was counted.');
        const name = perRequest === 1 ? 'single' : 'arrays of 100';
        const target = (what: string, count: number, atMost: number): Target => ({
          name: `${name}: ${what}`,
          unit: '',
          measured: count / EVENTS,
          spread: 0,
          atMost,
        });
        targets.push(
          target('puts per duplicate', all.puts, 1),
          target('other writes per duplicate', all.otherWrites, 0),
          target('messages per duplicate', all.messages, 0),
        );
        // An insert by statement does not answer the item that is there: the first of each is read, 25 or more at once.
        if (perRequest === 1) targets.push(target('reads per duplicate', all.reads, 0));
      }
      return {
        tables: [
          {
            title: `Calls per event (${EVENTS} events; 100 gets or inserts in one request count as 100)`,
            columns: ['', 'duplicates', 'puts', 'other writes', 'reads', 'messages'],
            rows,
          },
        ],
        targets,
        notes: [
          'In an array the firsts of duplicates are read, to answer whether the body is the same and whether it still has to be queued: a read unit each, an eighth of the price of the write unit that the failed insert costs.',
        ],
      };
    } finally {
      await runtime.stop();
    }
  },
};

const known = (n: number) => trackEvent('duplicates', n, '2026-11-23T12:00:00Z');

async function sendFirst(runtime: LocalRuntime): Promise<void> {
  await sendEvents(runtime, EVENTS, known);
  await until('the first of each is counted', PATIENCE_MS, async () => {
    return (await runtime.counted('messages')) === EVENTS;
  });
}

interface Counts {
  puts: number;
  otherWrites: number;
  reads: number;
  messages: number;
}

async function countCalls(runtime: LocalRuntime, perRequest: number, share: number): Promise<Counts> {
  const counts: Counts = { puts: 0, otherWrites: 0, reads: 0, messages: 0 };
  const access = { region: 'us-east-1', credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' } };
  const dynamo = new DynamoDBClient({ ...access, endpoint: runtime.endpoints.dynamodb });
  const sqs = new SQSClient({ ...access, endpoint: runtime.endpoints.sqs, md5: false });
  const queue = `duplicates-${randomUUID()}`;
  await sqs.send(new CreateQueueCommand({ QueueName: queue }));
  dynamo.middlewareStack.add(
    (next) => (args) => {
      const { input } = args;
      // The feed and the keys are as much per request whatever is in it.
      if (!('TableName' in input) || input.TableName === TABLES.events) {
        if ('Statements' in input) counts.puts += input.Statements?.length ?? 0;
        else if ('Item' in input) counts.puts += 1;
        else if ('RequestItems' in input) counts.reads += keysIn(input.RequestItems);
        else if ('UpdateExpression' in input || 'TransactItems' in input) counts.otherWrites += 1;
        else counts.reads += 1;
      }
      return next(args);
    },
    { step: 'initialize' },
  );
  sqs.middlewareStack.add(
    (next) => (args) => {
      counts.messages += 1;
      return next(args);
    },
    { step: 'initialize' },
  );
  const queueUrl = `${runtime.endpoints.sqs}/000000000000/${queue}`;
  const handler = ingestFunction({ dynamo, sqs, queueUrl }, TABLES);
  const run = randomUUID();
  for (let start = 0; start < EVENTS; start += perRequest) {
    const events = Array.from({ length: perRequest }, (_, index) => {
      const n = start + index;
      return n % 10 < share * 10 ? known(n) : trackEvent(run, n, '2026-11-23T12:00:00Z');
    });
    const { statusCode: status } = await handler(
      requestOf(JSON.stringify(perRequest === 1 ? events[0] : events)),
    );
    if (status !== 200) throw new Error(`Ingest answered ${String(status)}.`);
  }
  dynamo.destroy();
  sqs.destroy();
  return counts;
}

const batchSchema = z.record(z.string(), z.object({ Keys: z.array(z.unknown()) }));

/** Of a BatchGetItem. */
const keysIn = (requestItems: unknown): number =>
  Object.values(z.parse(batchSchema, requestItems)).reduce((sum, { Keys: keys }) => sum + keys.length, 0);
