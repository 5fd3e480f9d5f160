import type { Benchmark, ReportTable, Target } from '../benchmark.ts';
import { PRICES_AS_OF } from './aws-prices.ts';
import { dollarsPerMillion, dollarsPerMonthIdle, type Dollars, type PerEvent } from './dollars.ts';
import {
  ingestGbSeconds,
  naiveIngestGbSeconds,
  naiveProcessGbSeconds,
  processGbSeconds,
} from './durations.ts';
import { startEngine } from './engine.ts';
import { LOG_BYTES_PER_EVENT } from './naive.ts';
import type { Cost } from './pipeline.ts';
import { countScenarios, type Scenarios } from './scenarios.ts';

// What events consume of DynamoDB and SQS, by AWS's rules, counted while the pipeline's own functions handle them on the
// embedded engine; and what that costs. docs/cost.md is about these figures.

/** Deployed with nobody sending: what the template has (21 alarms on 29 metrics); four queues with five pollers each, which ask three times a minute; the timer. */
const IDLE = {
  alarmMetrics: 29,
  secrets: 2,
  emptyReceives: 4 * 5 * 3 * 60 * 24 * 30,
  timerInvocations: 12 * 24 * 30,
  timerReadUnits: 12 * 24 * 30 * 14,
};

export const benchmark: Benchmark = {
  title: 'units: what an event consumes of DynamoDB and SQS, and what that costs',
  async run(progress) {
    const engine = await startEngine();
    try {
      const counted = await countScenarios(engine, progress);
      return {
        tables: [unitsTable(counted), writesTable(counted.single), dollarsTable(counted)],
        targets: targetsOf(counted),
        notes: [
          'The same 500 events of Segment’s form (bench/matching/payloads.ts), counted from the items before and after each write.',
          'Index writes of a transaction are counted once, its items twice. “By the engine” is what the embedded engine says it consumed for writes.',
          'The naive pipeline stores the event as text; with a deflated body it is cheaper, and listed beside it.',
          `Prices of us-east-1 as of ${PRICES_AS_OF} (bench/units/aws-prices.ts); durations of functions are assumed (bench/units/durations.ts).`,
          `A deployment that nobody sends to costs ${dollarsPerMonthIdle(IDLE).toFixed(2)} dollars a month.`,
          `A user’s use of a feature in a month of 31 days with eight hours each: ${counted.monthReadUnits} read units.`,
        ],
      };
    } finally {
      await engine.stop();
    }
  },
};

const ROWS: readonly (readonly [keyof Scenarios, string])[] = [
  ['single', 'mapped, single requests, other users'],
  ['firstOfDay', '… and it is their first use that day'],
  ['newUsers', '… and nobody knew them'],
  ['arrays', 'mapped, arrays of 100, 5 per user'],
  ['arraysFirstOfDay', '… and it is their first use that day'],
  ['unmapped', 'unmapped, single requests, one name'],
  ['unmappedTenNames', 'unmapped, single requests, ten names'],
  ['duplicates', 'duplicates, single requests'],
  ['duplicateArrays', 'duplicates, arrays of 100'],
  ['reprocessed', 'reprocessed: was unmapped, is mapped'],
  ['naive', 'naive pipeline'],
  ['naiveDeflated', 'naive pipeline, bodies deflated'],
];

const isCost = (value: Cost | number): value is Cost => typeof value !== 'number';

const costs = (counted: Scenarios) =>
  ROWS.flatMap(([key, name]) => {
    const cost = counted[key];
    return isCost(cost) ? [{ key, name, cost, event: perEvent(key, cost) }] : [];
  });

function perEvent(key: keyof Scenarios, cost: Cost): PerEvent {
  const { events, consumed, ingests, processes } = cost;
  const isNaive = key === 'naive' || key === 'naiveDeflated';
  const [ingestGb, processGb] = isNaive
    ? [naiveIngestGbSeconds, naiveProcessGbSeconds]
    : [ingestGbSeconds, processGbSeconds];
  const gbSeconds =
    (ingests > 0 ? ingests * ingestGb(events / ingests) : 0) +
    (processes > 0 ? processes * processGb(events / processes) : 0);
  return {
    writeUnits: consumed.writeUnits / events,
    readUnits: consumed.readUnits / events,
    sqsRequests: cost.sqsRequests / events,
    invocations: (ingests + processes) / events,
    gbSeconds: (gbSeconds + (key === 'reprocessed' ? processGbSeconds(events) : 0)) / events,
    logBytes: isNaive ? LOG_BYTES_PER_EVENT : 0,
  };
}

function unitsTable(counted: Scenarios): ReportTable {
  return {
    title: 'Consumed by one event',
    columns: ['', 'write units', 'by the engine', 'read units', 'SQS requests', 'invocations'],
    rows: costs(counted).map(({ name, cost, event }) => [
      name,
      event.writeUnits,
      cost.consumed.engineUnits / cost.events,
      event.readUnits,
      event.sqsRequests,
      event.invocations,
    ]),
  };
}

/** Where the write units of a mapped event go. */
function writesTable({ events, consumed }: Cost): ReportTable {
  return {
    title: 'Where the write units of a mapped event go',
    columns: ['', 'write units'],
    rows: [...consumed.writes].map(([place, units]) => [place.replace(/-[0-9a-f]{8}/, ''), units / events]),
  };
}

function dollarsTable(counted: Scenarios): ReportTable {
  return {
    title: 'Dollars of a million events',
    columns: ['', 'writes', 'reads', 'queue', 'functions', 'logs', 'in all', 'naive / this'],
    rows: costs(counted).map(({ name, event }) => {
      const { writes, reads, queue, functions, logs, total } = dollarsPerMillion(event);
      const share = naiveDollars(counted).total / total;
      return [name, writes, reads, queue, functions, logs, total, share];
    }),
  };
}

const naiveDollars = ({ naive }: Scenarios): Dollars => dollarsPerMillion(perEvent('naive', naive));

function targetsOf(counted: Scenarios): Target[] {
  const units = (name: string, { consumed, events }: Cost, atMost?: number): Target => ({
    name,
    unit: 'write units',
    measured: consumed.writeUnits / events,
    spread: 0,
    ...(atMost !== undefined && { atMost }),
  });
  const times = (name: string, key: 'single' | 'arrays', atLeast: number): Target => ({
    name,
    unit: '×',
    measured: naiveDollars(counted).total / dollarsPerMillion(perEvent(key, counted[key])).total,
    spread: 0,
    atLeast,
  });
  // What is promised is the steady state. The first use of a day, and many names at once, stand beside it.
  return [
    units('mapped, every event another user’s', counted.single, 6.2),
    units('mapped, every event another user’s first of the day', counted.firstOfDay),
    units('mapped, five events per user in an array', counted.arrays, 4.5),
    units('mapped, five events per user, the first of the day', counted.arraysFirstOfDay),
    units('unmapped, one name', counted.unmapped, 6.2),
    units('unmapped, ten names in every batch of fifty', counted.unmappedTenNames),
    units('reprocessed', counted.reprocessed, 6.5),
    units('duplicate: one failed put and nothing else', counted.duplicates, 1.01),
    times('naive dollars / dollars, single requests of different users', 'single', 1.6),
    times('naive dollars / dollars, arrays of 100, five events per user', 'arrays', 2.6),
    { name: 'a user’s month', unit: 'read units', measured: counted.monthReadUnits, spread: 0, atMost: 4 },
  ];
}
