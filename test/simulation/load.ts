import { createCipheriv } from 'node:crypto';
import type { EventMatcher, RuleBody } from '../../core/mapping/rule.ts';
import type { SentAmount, SentEvent } from './oracle.ts';
import type { Random } from './random.ts';

// What is sent and which rules are saved: few users, names and features, so that everything meets everything else. Each
// run has its own few, down to one of each.

const USERS = ['ada', 'ben', 'cleo', 'd'.repeat(200), 'lone\ud800'];
const NAMES = ['Report Exported', 'Report Opened', 'Seat Added', 'report exported', 'Ünï #1'];
const PLANS = ['pro', 'free'];
const FEATURES = ['exports', 'seats', 'storage', 'calls'];
const LATEST = Date.parse('2026-11-23T11:30:00Z');
const HOUR = 3_600_000;

/** How an amount is written, and what it counts. */
const AMOUNTS: readonly WrittenAmount[] = [
  [undefined, { counts: '1' }],
  [undefined, { counts: '1' }],
  ['null', { counts: '1' }],
  ['2', { counts: '2' }],
  ['"1.5"', { counts: '1.5' }],
  ['-0.25', { counts: '-0.25' }],
  ['1e3', { counts: '1000' }],
  ['0.000001', { counts: '0.000001' }],
  ['123456789012345.123456', { counts: '123456789012345.123456' }],
  ['"many"', 'invalid'],
  ['"many"', 'invalid'],
  ['true', 'invalid'],
  ['true', 'invalid'],
];

/** What a run is about. */
export interface Theme {
  readonly users: readonly string[];
  readonly names: readonly string[];
  readonly features: readonly string[];
  readonly amounts: typeof AMOUNTS;
  /** The share of events that name their feature. */
  readonly naming: number;
  /** The share of tracks whose body does not fit its item. */
  readonly large: number;
  /** The share of events that happen when they are sent; the others happened hours ago. */
  readonly fresh: number;
}

export function newTheme(random: Random): Theme {
  const some = <Element>(elements: readonly Element[]): Element[] =>
    random.shuffled(elements).slice(0, random.pick([1, 2, elements.length]));
  return {
    users: some(USERS),
    names: some(NAMES),
    features: some(FEATURES),
    amounts: some(AMOUNTS),
    naming: random.pick([0, 0.1, 0.5]),
    large: random.pick([0, 0, 0, 0.6]),
    fresh: random.pick([0, 0.5]),
  };
}

// Few different times, so that identifies tie.
export const pastTime = (random: Random): number => LATEST - random.pick([0, 1, 5, 13, 24, 30]) * HOUR;

export function newEvent(random: Random, theme: Theme, messageId: string, now: number): SentEvent {
  const isTrack = random.chance(0.8);
  const userId = random.pick(theme.users);
  const name = random.pick(theme.names);
  const time = random.chance(theme.fresh) ? now : pastTime(random);
  const plan = random.chance(0.8) ? random.pick(PLANS) : undefined;
  const featureId = random.chance(theme.naming) ? random.pick(theme.features) : undefined;
  const [deltaText, delta] = random.pick(theme.amounts);
  const [amountText, amount] = random.pick(theme.amounts);
  const traits = {
    ...(random.chance(0.6) && { name: `Name ${String(random.below(3))}` }),
    ...(random.chance(0.6) && { email: `e${String(random.below(3))}@example.com` }),
    ...(random.chance(0.3) && { billingId: `cus_${String(random.below(3))}` }),
  };
  return toSentEvent({
    messageId,
    type: isTrack ? 'track' : 'identify',
    userId,
    name,
    time,
    ...(plan !== undefined && { plan }),
    ...(featureId !== undefined && { featureId }),
    delta: [deltaText, delta],
    amount: [amountText, amount],
    traits: isTrack ? {} : traits,
    ...(isTrack && random.chance(theme.large) && { noise: noise(random) }),
  });
}

/** An amount as it is written in JSON, and what it counts. */
type WrittenAmount = readonly [string | undefined, SentAmount];

export interface EventParts extends Omit<SentEvent, 'text' | 'delta' | 'amount'> {
  readonly delta: WrittenAmount;
  readonly amount: WrittenAmount;
  readonly noise?: string;
  /** More properties, as they are written. */
  readonly more?: string;
}

export function toSentEvent({ noise: rest, more, ...parts }: EventParts): SentEvent {
  const { messageId, type, userId, name, time, plan, featureId, traits } = parts;
  const [[deltaText, delta], [amountText, amount]] = [parts.delta, parts.amount];
  const properties = [
    ...(plan === undefined ? [] : [`"plan":${JSON.stringify(plan)}`]),
    ...(featureId === undefined ? [] : [`"featureId":${JSON.stringify(featureId)}`]),
    ...(deltaText === undefined ? [] : [`"delta":${deltaText}`]),
    ...(amountText === undefined ? [] : [`"amount":${amountText}`]),
    ...(rest === undefined ? [] : [`"noise":"${rest}"`]),
    ...(more === undefined ? [] : [more]),
  ].join(',');
  const text =
    `{"type":"${type}","messageId":${JSON.stringify(messageId)},` +
    `"userId":${JSON.stringify(userId)},"timestamp":"${new Date(time).toISOString()}",` +
    (type === 'track'
      ? `"event":${JSON.stringify(name)},"properties":{${properties}}}`
      : `"traits":${JSON.stringify(traits)}}`);
  return { ...parts, delta, amount, text };
}

/** Text that does not compress below what an item holds inline. */
const NOISE_LENGTH = 46_000;

export function noise(random: Random, length = NOISE_LENGTH): string {
  const key = Buffer.alloc(16);
  key.writeUInt32LE(random.below(0xffff_ffff));
  const bytes = createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
  return bytes.toString('base64url').slice(0, length);
}

export function newRule(random: Random, theme: Theme): RuleBody {
  return {
    enabled: random.chance(0.85),
    featureId: random.pick(theme.features),
    event: newMatcher(random, theme),
    conditions: random.chance(0.5)
      ? [{ path: 'properties.plan', operator: 'equals', value: random.pick(PLANS) }]
      : [],
    ...random.pick([{}, { delta: { value: '3' } }, { delta: { path: 'properties.amount' } }]),
  };
}

function newMatcher(random: Random, theme: Theme): EventMatcher {
  const name = random.pick(theme.names);
  return random.pick<EventMatcher>([
    { operator: 'equals', value: name },
    { operator: 'equals', value: name },
    { operator: 'equals', value: name, caseInsensitive: true },
    { operator: 'in', value: [name, random.pick(theme.names)] },
    { operator: 'starts_with', value: name.slice(0, random.between(1, 6)) },
    { operator: 'not_equals', value: name },
  ]);
}

/** One change of an enabled or disabled rule. */
export function editedRule(random: Random, theme: Theme, body: RuleBody): RuleBody {
  const fresh = newRule(random, theme);
  return random.pick<RuleBody>([
    { ...body, enabled: !body.enabled },
    { ...body, enabled: !body.enabled },
    { ...body, conditions: fresh.conditions },
    { ...body, event: fresh.event },
    { ...body, featureId: fresh.featureId },
    { ...fresh, enabled: true },
    { ...body, name: `Name ${String(random.below(5))}` },
  ]);
}
