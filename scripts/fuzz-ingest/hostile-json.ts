import type { SeededRandom } from './seeded-random.ts';

// JSON texts of events as a hostile or confused sender would write them: right in most places, wrong in a few. Texts and
// not values, because much of what is hostile is lost in a value: duplicate keys, digits, escapes, depth.

const TYPES = [
  '"track"',
  '"track"',
  '"track"',
  '"track"',
  '"track"',
  '"track"',
  '"track"',
  '"track"',
  '"identify"',
  '"identify"',
  '"identify"',
  '"identify"',
  '"Track"',
  '"page"',
  '"screen"',
  '"group"',
  '"alias"',
  '"delete"',
  '"__proto__"',
  '""',
  '5',
  'null',
  '{}',
] as const;

const IDS = [
  '"u1"',
  '"u2"',
  '"m1"',
  '42',
  '-0',
  '1.5',
  'null',
  '""',
  '"  "',
  'true',
  '[]',
  '{}',
  '9007199254740993',
  '1e400',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"__proto__"',
  '"constructor"',
  '"e\\u0301"',
  '"😀"',
  '"#"',
  '"\\u0001x"',
] as const;

const TIMES = [
  '"2026-11-23T11:00:00.000Z"',
  '"2026-11-23T11:00:00.123456+00:00"',
  '"2015-2-02T00:30:08.276Z"',
  '"Nov 23, 2026, 9:00:00 AM"',
  '"9999-12-31T23:59:59Z"',
  '"1969-12-31T23:59:59Z"',
  '"2026-02-30T00:00:00Z"',
  '"soon"',
  '0',
  'null',
  '1e400',
  '{}',
] as const;

const DELTAS = [
  '1',
  '"2"',
  '-1.5',
  '0',
  '""',
  '"abc"',
  'true',
  '1e400',
  '1e-400',
  '"1e3"',
  '9'.repeat(40),
  'null',
  '[]',
] as const;

const SCALARS = [
  '0',
  '-0',
  '1e308',
  '1E-7',
  '12345678901234567890',
  'true',
  'false',
  'null',
  '""',
  '"a"',
  '"\\u2028"',
  '"\\ud83d\\ude00"',
  '"\\ud800"',
  '"\\\\\\""',
  '"jane@example.com"',
] as const;

const KEYS = [
  'a',
  'featureId',
  'feature_id',
  'delta',
  'Delta',
  'email',
  'name',
  'billingUserId',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '',
  'a b',
  '\\u0061',
  'writeKey',
  'type',
] as const;

const FIELD_SPELLINGS = {
  type: ['type', 'type', 'type', 'Type', 'TYPE', 't_y_p_e'],
  userId: ['userId', 'userId', 'user_id', 'User ID', 'UserId', 'userID'],
  messageId: ['messageId', 'messageId', 'message_id', 'MessageID'],
  event: ['event', 'event', 'Event'],
  properties: ['properties', 'properties', 'Properties'],
  traits: ['traits', 'traits', 'Traits'],
} as const;

export function hostileEvent(random: SeededRandom): string {
  const members: string[] = [];
  const add = (name: string, value: string): void =>
    void members.push(`"${name}"${space(random)}:${space(random)}${value}`);
  if (random.chance(0.97)) add(random.pick(FIELD_SPELLINGS.type), random.pick(TYPES));
  if (random.chance(0.97)) add(random.pick(FIELD_SPELLINGS.userId), mostly('"u1"', random));
  if (random.chance(0.8))
    add(
      random.pick(FIELD_SPELLINGS.messageId),
      random.chance(0.7) ? `"m${random.below(100_000)}"` : id(random),
    );
  if (random.chance(0.9)) add(random.pick(FIELD_SPELLINGS.event), mostly('"Used"', random));
  if (random.chance(0.7))
    add(random.pick(FIELD_SPELLINGS.properties), random.chance(0.9) ? bag(random) : value(random, 2));
  if (random.chance(0.4))
    add(random.pick(FIELD_SPELLINGS.traits), random.chance(0.9) ? bag(random) : value(random, 2));
  if (random.chance(0.5))
    add(random.pick(['timestamp', 'originalTimestamp', 'sentAt', 'Timestamp']), random.pick(TIMES));
  if (random.chance(0.2))
    add('context', random.chance(0.5) ? '{"personas":{"computation_class":"audience"}}' : value(random, 4));
  if (random.chance(0.1)) add('writeKey', random.pick(['"other"', '5', '"th_ingest_fuzz"']));
  if (random.chance(0.05)) add(random.pick(FIELD_SPELLINGS.type), random.pick(TYPES));
  if (random.chance(0.05)) add(random.pick(FIELD_SPELLINGS.userId), id(random));
  if (random.chance(0.05)) add(random.pick(KEYS), value(random, 4));
  if (random.chance(0.3)) members.sort(() => random.next() - 0.5);
  return `{${members.join(`${space(random)},`)}}`;
}

export type BodyForm = 'one' | 'array' | 'envelope' | 'wrapped' | 'odd';

/** A request's whole body: one event, or many in one of the ways that senders put them together. */
export function hostileBody(random: SeededRandom, form: BodyForm): string {
  const events = (): string =>
    Array.from({ length: random.below(6) }, () => item(random)).join(`,${space(random)}`);
  switch (form) {
    case 'one':
      return hostileEvent(random);
    case 'array':
      return `${space(random)}[${events()}]`;
    case 'envelope':
      return envelope(random, random.chance(0.9) ? `[${events()}]` : value(random, 2));
    case 'wrapped': {
      const event = hostileEvent(random);
      return `{"${random.pick(['json', 'body', 'event', 'data'])}":${random.chance(0.5) ? event : JSON.stringify(event)}}`;
    }
    case 'odd':
      return value(random, 5);
  }
}

function item(random: SeededRandom): string {
  const draw = random.below(20);
  if (draw === 0) return value(random, 3);
  if (draw === 1) return `{"json":${hostileEvent(random)}}`;
  if (draw === 2) return `{"body":${JSON.stringify(hostileEvent(random))}}`;
  return hostileEvent(random);
}

function envelope(random: SeededRandom, batch: string): string {
  const members = [`"batch":${batch}`];
  if (random.chance(0.6))
    members.push(
      `"writeKey":${random.pick(['"th_ingest_fuzz"', '"th_ingest_fuzz"', '"wrong"', 'null', '7'])}`,
    );
  if (random.chance(0.5)) members.push(`"sentAt":${random.pick(TIMES)}`);
  if (random.chance(0.5)) members.push(`"context":${value(random, 3)}`);
  if (random.chance(0.3)) members.push(`"integrations":${value(random, 2)}`);
  if (random.chance(0.1)) members.push(`"batch":${value(random, 1)}`);
  return `{${members.join(',')}}`;
}

function bag(random: SeededRandom): string {
  const members: string[] = [];
  if (random.chance(0.6)) members.push(`"featureId":${random.chance(0.8) ? '"f1"' : id(random)}`);
  if (random.chance(0.4)) members.push(`"delta":${random.pick(DELTAS)}`);
  const more = random.below(4);
  for (let member = 0; member < more; member += 1) members.push(`"${random.pick(KEYS)}":${value(random, 3)}`);
  return `{${members.join(',')}}`;
}

const mostly = (usual: string, random: SeededRandom): string => (random.chance(0.8) ? usual : id(random));

function id(random: SeededRandom): string {
  if (random.chance(0.01)) return `"${'x'.repeat(random.below(20_000))}"`;
  if (random.chance(0.002)) return `"${'\\ud800'.repeat(8_192)}"`;
  return random.pick(IDS);
}

function value(random: SeededRandom, depth: number): string {
  if (random.chance(0.001)) return nested(random, random.below(10_000));
  if (depth === 0 || random.chance(0.5)) return random.pick(SCALARS);
  const length = random.below(4);
  if (random.chance(0.4)) {
    return `[${Array.from({ length }, () => value(random, depth - 1)).join(',')}]`;
  }
  return `{${Array.from({ length }, () => `"${random.pick(KEYS)}":${value(random, depth - 1)}`).join(',')}}`;
}

function nested(random: SeededRandom, depth: number): string {
  const [open, close] = random.pick([
    ['[', ']'],
    ['{"a":', '}'],
  ]);
  return `${open.repeat(depth)}1${close.repeat(depth)}`;
}

const space = (random: SeededRandom): string =>
  random.chance(0.1) ? random.pick([' ', '\n', '\t', '\r\n', '  ']) : '';
