import { parseJson, type JsonObject } from '../../core/json-value.ts';
import { compileRules, type RuleIndex } from '../../core/mapping/compile.ts';
import { checkStoredRule, type MappingRule } from '../../core/mapping/rule.ts';
import type { Benchmark, BenchmarkReport, Target } from '../benchmark.ts';
import { measure, ratioOf, type Timing } from '../measure.ts';
import type { Figure } from '../spread.ts';
import { eventName, trackEvents } from './payloads.ts';
import { RULES_ENGINE, SIFT, SUBSCRIPTIONS, type Peer, type PeerMatcher } from './peers.ts';
import { broadRules, oneMatchRules, spreadRules } from './rules.ts';

// What mapping rules cost an event. The yardstick is JSON.parse of the same event, which no consumer can avoid: it makes
// the figures comparable between machines. Events are parsed anew each time, so that matching finds them, and its own
// data, as cold as it does in production; matching the same parsed events again and again would flatter it threefold.

const EVENTS = 512;
/** A repetition works on a quarter of the events, the next on the next, so that it is done within a millisecond. */
const SLICES = 4;
const RULES = 10_000;
const SEED = 20_260_601;

interface Setting {
  readonly name: string;
  readonly texts: readonly string[];
  readonly index: RuleIndex;
}

interface Parsed {
  readonly event: JsonObject;
  readonly name: string;
}

function read(text: string): Parsed {
  const parsed = parseJson(text);
  const event = parsed.ok ? parsed.value : null;
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    throw new Error('An event is an object.');
  const name = event['event'];
  if (typeof name !== 'string') throw new Error('A track event has a name.');
  return { event, name };
}

function parseAll(texts: readonly string[]): number {
  let length = 0;
  for (const text of texts) length += read(text).name.length;
  return length;
}

const runOf = ({ texts, index }: Setting): (() => unknown) =>
  bySlices(texts, (slice) => parseAndMatchAll(slice, index));

function parseAndMatchAll(texts: readonly string[], index: RuleIndex): number {
  let matches = 0;
  for (const text of texts) {
    const { event, name } = read(text);
    matches += index.matching(event, name).length;
  }
  return matches;
}

export const benchmark: Benchmark = {
  title: 'mapping rules: what they cost an event, and how long a ruleset takes to build',
  async run(progress) {
    const texts = trackEvents(EVENTS, SEED, (random) => eventName(Math.floor(random() * 100))).map(toText);
    const oneName = trackEvents(EVENTS, SEED, () => eventName(0)).map(toText);

    progress('what rules cost an event');
    const cost = await costPerEvent(texts, oneName);
    progress('10,000 rules against 10');
    const scale = await costOfScale();
    progress('building 10,000 rules');
    const build = await costOfBuilding(texts);
    progress('other engines');
    const peers = await comparePeers(texts, progress);

    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / EVENTS;
    return {
      tables: [cost.table, scale.table, build.table, peers.table],
      targets: [...cost.targets, ...scale.targets, ...build.targets, ...peers.targets],
      notes: [
        `${EVENTS} track events of ${Math.round(bytes)} bytes on average, ${EVENTS} × ${RULES} rules, medians of interleaved turns.`,
      ],
    };
  },
};

/** Calls `work` with the slices of a list in turn. */
function bySlices<Item>(items: readonly Item[], work: (slice: readonly Item[]) => unknown): () => unknown {
  const size = Math.ceil(items.length / SLICES);
  const slices = Array.from({ length: SLICES }, (_, n) => items.slice(n * size, (n + 1) * size));
  let next = 0;
  return () => {
    next = (next + 1) % SLICES;
    return work(slices[next] ?? []);
  };
}

const toText = (event: JsonObject): string => JSON.stringify(event);

type Part = Pick<BenchmarkReport, 'targets'> & { readonly table: BenchmarkReport['tables'][number] };

async function costPerEvent(texts: readonly string[], oneName: readonly string[]): Promise<Part> {
  const name = eventName(0);
  const settings: (Setting & { readonly atMost?: number })[] = [
    {
      name: `${RULES} rules, 4 per name`,
      texts,
      index: compileRules(spreadRules(RULES, 2_500, SEED)),
      atMost: 1.15,
    },
    { name: `${RULES} rules, 10 per name`, texts, index: compileRules(spreadRules(RULES, 1_000, SEED)) },
    { name: `${RULES} rules, 100 per name`, texts, index: compileRules(spreadRules(RULES, 100, SEED)) },
    {
      name: '200 rules on one name',
      texts: oneName,
      index: compileRules(spreadRules(200, 1, SEED)),
      atMost: 1.5,
    },
    {
      name: '200 on one name, no equality',
      texts: oneName,
      index: compileRules(broadRules(200, name, SEED)),
    },
  ];
  const timings = await measure([
    { name: 'parse', run: bySlices(texts, parseAll) },
    { name: 'parse one name', run: bySlices(oneName, parseAll) },
    ...settings.map((setting) => ({ name: setting.name, run: runOf(setting) })),
  ]);
  const costs = settings.map((setting) => {
    const base = timings[setting.texts === texts ? 'parse' : 'parse one name'];
    const timing = timings[setting.name];
    if (base === undefined || timing === undefined) throw new Error('Not measured.');
    return { setting, timing, ratio: ratioOf(timing, base) };
  });
  return {
    table: {
      title: 'What rules cost an event',
      columns: ['', 'matches per event', 'µs per event', '(parse + match) / parse', '±'],
      rows: [
        ...['parse', 'parse one name'].map((subject) => [
          subject,
          '',
          microsPerEvent(timings[subject]),
          1,
          '',
        ]),
        ...costs.map(({ setting, timing, ratio }) => [
          setting.name,
          matchesPerEvent(setting),
          microsPerEvent(timing),
          ratio.median,
          ratio.spread,
        ]),
      ],
    },
    targets: costs.flatMap(({ setting, ratio }) =>
      setting.atMost === undefined
        ? []
        : [target(`(parse + match) / parse: ${setting.name}`, '×', ratio, setting.atMost)],
    ),
  };
}

const matchesPerEvent = ({ texts, index }: Setting): number => parseAndMatchAll(texts, index) / EVENTS;

function microsPerEvent(timing: Timing | undefined): number {
  return ((timing?.medianMs ?? NaN) * 1_000 * SLICES) / EVENTS;
}

function target(name: string, unit: string, { median, spread }: Figure, atMost: number): Target {
  return { name, unit, measured: median, spread, atMost };
}

/** Ten names with one match each: the same answers from 10 rules and from 10,000, of which 1,000 are on each name. */
async function costOfScale(): Promise<Part> {
  const tenNames = trackEvents(EVENTS, SEED, (random) => eventName(Math.floor(random() * 10))).map(toText);
  const few: Setting = {
    name: '10 rules',
    texts: tenNames,
    index: compileRules(oneMatchRules(10, 10, SEED)),
  };
  const spread: Setting = {
    name: '10,000 rules, 10 per name',
    texts: tenNames,
    index: compileRules(oneMatchRules(RULES, 1_000, SEED)),
  };
  const dense: Setting = {
    name: '10,000 rules, 1,000 per name',
    texts: tenNames,
    index: compileRules(oneMatchRules(RULES, 10, SEED)),
  };
  const settings = [few, spread, dense];
  const events = tenNames.map(read);
  const matchAll =
    (index: RuleIndex) =>
    (slice: readonly Parsed[]): number =>
      slice.reduce((sum, { event, name }) => sum + index.matching(event, name).length, 0);
  const timings = await measure([
    ...settings.map((setting) => ({ name: setting.name, run: runOf(setting) })),
    ...settings.map(({ name, index }) => ({
      name: `match only: ${name}`,
      run: bySlices(events, matchAll(index)),
    })),
  ]);
  const of = (name: string): Timing => {
    const timing = timings[name];
    if (timing === undefined) throw new Error('Not measured.');
    return timing;
  };
  const rows = settings.map((setting) => {
    const whole = ratioOf(of(setting.name), of(few.name));
    const alone = ratioOf(of(`match only: ${setting.name}`), of(`match only: ${few.name}`));
    return { setting, whole, alone };
  });
  return {
    table: {
      title: 'The same answers from more rules',
      columns: [
        '',
        'matches per event',
        'µs, parsed anew',
        '/ 10 rules',
        'µs, match only',
        '/ 10 rules',
        '±',
      ],
      rows: rows.map(({ setting, whole, alone }) => [
        setting.name,
        matchesPerEvent(setting),
        microsPerEvent(of(setting.name)),
        whole.median,
        microsPerEvent(of(`match only: ${setting.name}`)),
        alone.median,
        alone.spread,
      ]),
    },
    targets: rows
      .filter(({ setting }) => setting === spread)
      .map(({ whole }) => target('10,000 rules / 10 rules, equal matches', '×', whole, 1.5)),
  };
}

async function costOfBuilding(texts: readonly string[]): Promise<Part> {
  const rules = spreadRules(RULES, 2_500, SEED);
  const stored = rules.map((rule) => parseJson(JSON.stringify(rule)));
  const [first] = texts.map(read);
  if (first === undefined) throw new Error('There is no event.');
  const buildAll = (): number => {
    const index = compileRules(rules);
    // A group arranges itself at its first event: one for every name makes the build complete.
    let matches = 0;
    for (let n = 0; n < 2_500; n += 1) matches += index.matching(first.event, eventName(n)).length;
    return matches;
  };
  const readAll = (): MappingRule[] =>
    stored.flatMap((parsed) => (parsed.ok ? (checkStoredRule(parsed.value) ?? []) : []));
  const timings = await measure(
    [
      { name: 'ready for the first event', run: () => compileRules(rules) },
      { name: 'everything built', run: buildAll },
      { name: 'recognise stored rules', run: readAll },
    ],
    { clock: 'thread', turnMs: 100 },
  );
  const whole = timings['everything built'];
  return {
    table: {
      title: `Building ${RULES} rules`,
      columns: ['', 'ms', '±'],
      rows: Object.values(timings).map(({ name, medianMs, spreadMs }) => [name, medianMs, spreadMs]),
    },
    targets: [
      target('full rebuild of 10,000 rules', 'ms', { median: whole.medianMs, spread: whole.spreadMs }, 20),
    ],
  };
}

interface PeerSize {
  readonly peer: Peer;
  readonly rules: number;
  /** Events that are timed: a slow engine need not see all. */
  readonly timed: number;
}

const PEER_SIZES: readonly PeerSize[] = [
  { peer: SUBSCRIPTIONS, rules: 100, timed: EVENTS },
  { peer: SUBSCRIPTIONS, rules: RULES, timed: 32 },
  { peer: SIFT, rules: 100, timed: EVENTS },
  { peer: SIFT, rules: RULES, timed: 32 },
  { peer: RULES_ENGINE, rules: 100, timed: 16 },
  { peer: RULES_ENGINE, rules: RULES, timed: 1 },
];

/** Each engine gets parsed events and gives the rules that match; the answers for all events are compared. */
async function comparePeers(texts: readonly string[], progress: (step: string) => void): Promise<Part> {
  const events = texts.map(read);
  const rows: (string | number)[][] = [];
  const targets: Target[] = [];
  for (const { peer, rules: count, timed } of PEER_SIZES) {
    progress(`${peer.name}, ${count} rules`);
    const result = await comparePeer(peer, count, events, timed);
    rows.push([
      peer.name,
      count,
      result.theirs,
      result.ours,
      result.ratio.median,
      result.compared,
      result.differences,
    ]);
    if (peer === SUBSCRIPTIONS && count === RULES) {
      const { median, spread } = result.ratio;
      targets.push(
        {
          name: 'times as fast as destination-subscriptions, 10,000 rules',
          unit: '×',
          measured: median,
          spread,
          atLeast: 1_000,
        },
        {
          name: 'answers that differ from destination-subscriptions',
          unit: '',
          measured: result.differences,
          spread: 0,
          atMost: 0,
        },
      );
    }
  }
  return {
    table: {
      title: 'The same rules in other engines',
      columns: ['', 'rules', 'µs per event', 'ours', 'times as fast', 'answers compared', 'different'],
      rows,
    },
    targets,
  };
}

async function comparePeer(
  peer: Peer,
  count: number,
  events: readonly Parsed[],
  timed: number,
): Promise<{ theirs: number; ours: number; ratio: Figure; compared: number; differences: number }> {
  const rules = spreadRules(count, Math.max(1, count / 4), SEED);
  const position = new Map(rules.map(({ id }, at) => [id, at]));
  const match = peer.prepare(rules);
  const index = compileRules(rules);
  const sample = events.slice(0, timed);
  const checked = peer === RULES_ENGINE ? sample : events;
  let differences = 0;
  for (const { event, name } of checked) {
    const theirs = new Set(await match(event));
    const ours = index.matching(event, name).map(({ id }) => position.get(id) ?? -1);
    for (const at of ours) if (!theirs.delete(at)) differences += 1;
    differences += theirs.size;
  }
  const timings = await measure(
    [
      { name: 'theirs', run: () => runAll(match, sample) },
      {
        name: 'ours',
        run: () => sample.reduce((sum, { event, name }) => sum + index.matching(event, name).length, 0),
      },
    ],
    { turns: 9, clock: 'thread' },
  );
  const { theirs, ours } = timings;
  return {
    theirs: (theirs.medianMs * 1_000) / timed,
    ours: (ours.medianMs * 1_000) / timed,
    ratio: ratioOf(theirs, ours),
    compared: checked.length * count,
    differences,
  };
}

async function runAll(match: PeerMatcher, events: readonly Parsed[]): Promise<void> {
  for (const { event } of events) {
    const answer = match(event);
    if (answer instanceof Promise) await answer;
  }
}
