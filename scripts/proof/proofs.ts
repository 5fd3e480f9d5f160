// What is proven, by which command, and how its output is read.

export interface Proof {
  readonly name: string;
  /** Whether it keeps one core busy, so that another one may run beside it. @default false */
  readonly isNarrow?: true;
  /** A script of package.json, or jest with some paths. */
  readonly run: (size: Size) => { readonly script: string; readonly args: readonly string[] };
  /** What its output says, for the table; undefined when it says nothing that counts. */
  readonly figure: (output: string) => string | undefined;
}

/** `full` are the figures that the project stands by; `quick` shows in minutes that every proof runs. */
export type Size = 'full' | 'quick';

const by = (size: Size, full: number, quick: number): string => String(size === 'full' ? full : quick);

/** The groups of a match in a sentence. */
const said =
  (pattern: RegExp, sentence: (...groups: readonly string[]) => string) =>
  (output: string): string | undefined => {
    const match = pattern.exec(output);
    return match === null ? undefined : sentence(...match.slice(1));
  };

/** Of all races of a search through every order. */
function ordersTried(output: string): string | undefined {
  const races = [...output.matchAll(/: (\d+) schedules.*?: (\d+) problems/g)];
  const total = (group: 1 | 2): bigint => races.reduce((sum, match) => sum + BigInt(match[group] ?? 0), 0n);
  return races.length === 0
    ? undefined
    : `${String(total(2))} problems in all ${String(total(1))} schedules of ${String(races.length)} races`;
}

const tests = (name: string, ...paths: readonly string[]): Proof => ({
  name,
  run: () => ({ script: 'test', args: paths }),
  figure: said(/^Tests: +(?:(\d+) failed, )?.*?(\d+) passed/m, (failed, passed) =>
    failed === undefined ? `${passed ?? ''} tests passed` : `${failed} tests failed`,
  ),
});

export const PROOFS: readonly Proof[] = [
  {
    name: 'simulation: nothing lost, nothing twice',
    run: (size) => ({ script: 'simulate', args: ['--seeds', by(size, 20_000, 200)] }),
    figure: said(
      /(\d+) seeds from (\d+), (\d+) messages.*?(\d+ violations|\d+ seeds with violations)/s,
      (seeds, from, messages, result) =>
        `${result ?? ''} in ${seeds ?? ''} seeds from ${from ?? ''}, ${messages ?? ''} messages`,
    ),
  },
  {
    name: 'every order of a rule and an event',
    isNarrow: true,
    run: (size) => ({
      script: 'simulate:interleavings',
      args: size === 'full' ? [] : ['--workers', '1', '--only', 'a new event'],
    }),
    figure: ordersTried,
  },
  {
    name: 'every order of merges, identifies and deletes',
    isNarrow: true,
    run: (size) => ({
      script: 'simulate:identity',
      args: size === 'full' ? [] : ['--crashes', '0', '--only', 'delete and a merge'],
    }),
    figure: ordersTried,
  },
  {
    name: 'merges, identifies and deletes by chance',
    isNarrow: true,
    run: (size) => ({ script: 'simulate:identity', args: ['--random', by(size, 20_000, 300)] }),
    figure: said(
      /(\d+) random schedules from seed (\d+): (\d+ problems)/,
      (schedules, seed, result) =>
        `${result ?? ''} in ${schedules ?? ''} schedules of as many scenarios, seeds from ${seed ?? ''}`,
    ),
  },
  {
    name: 'every call of AWS and every fault',
    run: (size) => ({
      script: 'simulate:crash-matrix',
      args: size === 'full' ? [] : ['--rounds', '1', '--pairs', 'none', '--only', 'commit'],
    }),
    figure: said(
      /(\d+ of \d+) places of [\w, ]+ reached.*?\((\d+) excused\).*?(\d+) rounds.*?: (\d+) runs, and (\d+) pairs.*?(\d+ violations)/s,
      (places, excused, rounds, runs, pairs, result) =>
        `${result ?? ''} in ${runs ?? ''} runs and ${pairs ?? ''} pairs of faults, ${places ?? ''} places (${excused ?? ''} excused), ${rounds ?? ''} rounds, schedules from 1`,
    ),
  },
  {
    name: 'planted defects are found',
    run: (size) => ({
      script: 'simulate:mutants',
      args: size === 'full' ? ['--seeds', '1000'] : ['--seeds', '300', '--only', 'whatever its state'],
    }),
    figure: said(
      /(\d+ of \d+ mutants caught), with seeds (\d+ to \d+)/,
      (caught, seeds) => `${caught ?? ''}, seeds ${seeds ?? ''}`,
    ),
  },
  {
    name: 'the models do what others do',
    isNarrow: true,
    run: (size) => ({ script: 'fidelity', args: ['--operations', by(size, 100_000, 4_000)] }),
    figure: said(
      /(\d+) operations on DynamoDB \((.*?)\) and (\d+) on SQS, seed (\d+).*?(\d+ unexplained differences)/,
      (dynamo, engines, sqs, seed, result) =>
        `${result ?? ''} in ${String(Number(dynamo) + Number(sqs))} operations on ${engines ?? ''}, seed ${seed ?? ''}`,
    ),
  },
  {
    name: 'any bytes get a documented answer',
    isNarrow: true,
    run: (size) => ({ script: 'fuzz:ingest', args: ['--bodies', by(size, 1_000_000, 20_000)] }),
    figure: said(
      /seed +(\d+)\nbodies +(\d+).*crashes +(\d+)\nundocumented answers (\d+)/s,
      (seed, bodies, crashes, undocumented) =>
        `${crashes ?? ''} crashes, ${undocumented ?? ''} undocumented answers to ${bodies ?? ''} bodies, seed ${seed ?? ''}`,
    ),
  },
  {
    name: 'kill -9 of the real processes',
    run: (size) => ({ script: 'crash', args: ['--rounds', by(size, 50, 2)] }),
    figure: said(
      /(\d+) rounds of kill -9, seed (\w+), (\d+) acknowledged events.*?(\d+ differences)/,
      (rounds, seed, events, result) =>
        `${result ?? ''} in ${events ?? ''} events and ${rounds ?? ''} rounds, seed ${seed ?? ''}`,
    ),
  },
  tests('a duplicate after 400 days', 'test/integration/pipeline/horizon.test.ts'),
  tests(
    'what version 1 wrote, and a full disk',
    'test/integration/pipeline/versions.test.ts',
    'test/system/disk-full.test.ts',
  ),
  tests('roles, alarms and tables of the template', 'test/infra'),
  tests(
    'who may do what, and what logs hold',
    'test/integration/admin/statuses.test.ts',
    'test/integration/admin/session.test.ts',
    'test/integration/admin/fuzz.test.ts',
    'test/integration/ingest/keys.test.ts',
    'test/integration/near-secrets.test.ts',
    'test/integration/admin/odd-requests.test.ts',
    'test/integration/ingest/odd-requests.test.ts',
    'test/integration/local/odd-requests.test.ts',
    'test/integration/imports/webhooks.test.ts',
    'test/integration/admin/cursors.test.ts',
    'test/integration/admin/dashboard.test.ts',
    'test/unit/admin/csv.test.ts',
    'test/unit/layout.test.ts',
    'test/integration/log-canary.test.ts',
  ),
];
