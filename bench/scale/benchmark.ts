import type { Benchmark } from '../benchmark.ts';
import { formatNumber } from '../table.ts';
import { ingestGbSeconds, processGbSeconds } from '../units/durations.ts';
import { startEngine } from '../units/engine.ts';
import type { Cost } from '../units/pipeline.ts';
import { countScenarios } from '../units/scenarios.ts';
import { ceilingOf, demandsAt, rampSeconds, utilisation, type Load } from './model.ts';

// What bounds each stage on AWS at each order of magnitude, from a model that is fed with counted units. docs/scale.md says
// what to do about it.

const RATES = [100, 1_000, 10_000, 100_000, 1_000_000];
const INGEST_GB = 0.5;
/** As deployed: 50 messages, of one event or of a hundred. */
const SHAPES = [
  { name: 'single requests, another user each', key: 'single', eventsPerRequest: 1, eventsPerInvocation: 50 },
  {
    name: 'arrays of 100, five events per user',
    key: 'arrays',
    eventsPerRequest: 100,
    eventsPerInvocation: 500,
  },
] as const;

export const benchmark: Benchmark = {
  title: 'scale: what bounds each stage on AWS, by a model',
  async run(progress) {
    const engine = await startEngine();
    try {
      const counted = await countScenarios(engine, progress);
      const shapes = SHAPES.map((shape) => ({ ...shape, load: loadOf(counted[shape.key], shape) }));
      return {
        tables: shapes.map(({ name, load }) => ({
          title: `${name}: share of what AWS allows by default, at events per second`,
          columns: ['', ...RATES.map(formatNumber), 'allowed', 'when it is not enough'],
          rows: demandsAt(1, load).map(({ stage, quota, remedy }, at) => [
            stage,
            ...RATES.map((rate) => shareAt(rate, load, at)),
            quota.limit,
            remedy,
          ]),
        })),
        targets: shapes.map(({ name, load }) => ({
          name: `within every default, ${name}`,
          unit: 'events/s',
          measured: ceilingOf(load).eventsPerSecond,
          spread: 0,
          atLeast: 1_000,
        })),
        notes: shapes.flatMap(({ name, load }) => {
          const { eventsPerSecond, stage } = ceilingOf(load);
          const environments = demandsAt(eventsPerSecond, load)[0]?.needs ?? 0; // of ingest
          return [
            `${name}: the first wall is “${stage}”, at ${formatNumber(Math.round(eventsPerSecond))} events/s.`,
            `A sudden start of that rate has its ${formatNumber(Math.round(environments))} environments after ${formatNumber(rampSeconds(environments))} s.`,
          ];
        }),
      };
    } finally {
      await engine.stop();
    }
  },
};

function shareAt(rate: number, load: Load, at: number): string {
  const demand = demandsAt(rate, load)[at];
  if (demand === undefined) return '';
  const share = utilisation(demand);
  const percent = share < 0.01 ? '< 1 %' : `${formatNumber(Math.round(share * 100))} %`;
  return share > 1 ? `${percent} !` : percent;
}

function loadOf(
  { events, consumed }: Cost,
  { eventsPerRequest, eventsPerInvocation }: (typeof SHAPES)[number],
): Load {
  const writesTo = (table: RegExp): number =>
    [...consumed.writes].reduce((sum, [place, units]) => sum + (table.test(place) ? units : 0), 0) / events;
  return {
    eventsPerRequest,
    eventsPerInvocation,
    ingestSeconds: ingestGbSeconds(eventsPerRequest) / INGEST_GB,
    processSeconds: processGbSeconds(eventsPerInvocation),
    eventsTableWrites: writesTo(/^events-\w+$/),
    byUserIndexWrites: writesTo(/^events-\w+\/byUser$/),
    usageTableWrites: writesTo(/^usage-\w+$/),
    // Each event is read once; users and tombstones, of another table, once per user and batch each.
    tableReads: Math.max(1, consumed.readUnits / events - 1),
  };
}
