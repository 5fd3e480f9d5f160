import type { EventMatcher, RuleBody } from '../../core/mapping/rule.ts';
import type { SentAmount, SentEvent } from './oracle.ts';
import type { Random } from './random.ts';

// What is sent and which rules are saved: few users, names and features, so that everything meets everything else.

const USERS = ['ada', 'ben', 'cleo', 'd'.repeat(200), 'lone\ud800'];
const NAMES = ['Report Exported', 'Report Opened', 'Seat Added', 'report exported', 'Ünï #1'];
const PLANS = ['pro', 'free'];
export const FEATURES = ['exports', 'seats', 'storage', 'calls'];
const LATEST = Date.parse('2026-11-23T11:30:00Z');
const HOUR = 3_600_000;

/** How an amount is written, and what it counts. */
const AMOUNTS: readonly (readonly [string | undefined, SentAmount])[] = [
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
  ['true', 'invalid'],
];

export function newEvent(random: Random, messageId: string): SentEvent {
  const isTrack = random.chance(0.8);
  const userId = random.pick(USERS);
  const name = random.pick(NAMES);
  // Few different times, so that identifies tie.
  const time = LATEST - random.pick([0, 1, 5, 13, 24, 30]) * HOUR;
  const plan = random.chance(0.8) ? random.pick(PLANS) : undefined;
  const featureId = random.chance(0.25) ? random.pick(FEATURES) : undefined;
  const [deltaText, delta] = random.pick(AMOUNTS);
  const [amountText, amount] = random.pick(AMOUNTS);
  const traits = {
    ...(random.chance(0.6) && { name: `Name ${String(random.below(3))}` }),
    ...(random.chance(0.6) && { email: `e${String(random.below(3))}@example.com` }),
    ...(random.chance(0.3) && { billingId: `cus_${String(random.below(3))}` }),
  };
  const properties = [
    ...(plan === undefined ? [] : [`"plan":${JSON.stringify(plan)}`]),
    ...(featureId === undefined ? [] : [`"featureId":${JSON.stringify(featureId)}`]),
    ...(deltaText === undefined ? [] : [`"delta":${deltaText}`]),
    ...(amountText === undefined ? [] : [`"amount":${amountText}`]),
  ].join(',');
  const text =
    `{"type":"${isTrack ? 'track' : 'identify'}","messageId":${JSON.stringify(messageId)},` +
    `"userId":${JSON.stringify(userId)},"timestamp":"${new Date(time).toISOString()}",` +
    (isTrack
      ? `"event":${JSON.stringify(name)},"properties":{${properties}}}`
      : `"traits":${JSON.stringify(traits)}}`);
  return {
    messageId,
    type: isTrack ? 'track' : 'identify',
    userId,
    name,
    time,
    ...(plan !== undefined && { plan }),
    ...(featureId !== undefined && { featureId }),
    delta,
    amount,
    traits: isTrack ? {} : traits,
    text,
  };
}

export function newRule(random: Random): RuleBody {
  return {
    enabled: random.chance(0.85),
    featureId: random.pick(FEATURES),
    event: newMatcher(random),
    conditions: random.chance(0.5)
      ? [{ path: 'properties.plan', operator: 'equals', value: random.pick(PLANS) }]
      : [],
    ...random.pick([{}, { delta: { value: '3' } }, { delta: { path: 'properties.amount' } }]),
  };
}

function newMatcher(random: Random): EventMatcher {
  const name = random.pick(NAMES);
  return random.pick<EventMatcher>([
    { operator: 'equals', value: name },
    { operator: 'equals', value: name },
    { operator: 'equals', value: name, caseInsensitive: true },
    { operator: 'in', value: [name, random.pick(NAMES)] },
    { operator: 'starts_with', value: name.slice(0, random.between(1, 6)) },
    { operator: 'not_equals', value: name },
  ]);
}

/** One change of an enabled or disabled rule. */
export function editedRule(random: Random, body: RuleBody): RuleBody {
  const fresh = newRule(random);
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
