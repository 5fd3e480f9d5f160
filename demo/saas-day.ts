import {
  AI_CREDITS,
  API_CALLS,
  ATTACHMENTS,
  CALL_MINUTES,
  DASHBOARDS,
  MESSAGES,
  SINGLE_SIGN_ON,
  STORAGE,
  UNKNOWN_FEATURE,
} from './catalog.ts';
import { decimalOf } from './micros.ts';
import { Random } from './random.ts';

// One day at a company that sells team software, as the calls its backend makes to Segment, each with what it has to come
// to. Everything follows from the seed, the day and the number of the user: the same seed gives the same messageIds and
// bodies again, so that a second run is nothing but duplicates, and more users leave those of a smaller run as they were.

export interface Use {
  readonly featureId: string;
  readonly micros: bigint;
}

/** What must become of a call. */
export type Outcome =
  | { readonly kind: 'mapped'; readonly uses: readonly Use[] }
  | { readonly kind: 'unmapped'; readonly reason: 'no_rule' | 'unknown_feature' | 'invalid_delta' }
  | { readonly kind: 'profile' }
  | { readonly kind: 'rejected' };

interface CallBase {
  readonly messageId: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly outcome: Outcome;
  /** Sent a second time with the same messageId: by the same SDK, or through a Segment webhook. */
  readonly again?: 'sdk' | 'webhook';
}

export interface IdentifyCall extends CallBase {
  readonly type: 'identify';
  readonly userId: string;
  readonly traits: Readonly<Record<string, string>>;
}

export interface TrackCall extends CallBase {
  readonly type: 'track';
  readonly who: { readonly userId: string } | { readonly anonymousId: string };
  readonly event: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface PageCall extends CallBase {
  readonly type: 'page';
  readonly userId: string;
  readonly name: string;
}

export type Call = IdentifyCall | TrackCall | PageCall;

export interface SaasDay {
  /** Part of every messageId and user id of this seed and day. */
  readonly label: string;
  /** Epoch milliseconds of its first moment, UTC. */
  readonly start: number;
  readonly userIds: readonly string[];
  /** In the order in which they are sent. */
  readonly calls: readonly Call[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How busy each hour of the user's own clock is: a working day with two peaks and a dip at noon. */
const BUSY = [0, 0, 0, 0, 0, 0, 1, 4, 12, 24, 28, 20, 8, 16, 26, 24, 16, 9, 4, 2, 2, 1, 0, 0];
/** Offices in New York, London and Berlin: hours ahead of UTC. */
const OFFICES = [-5, 0, 1] as const;
const PLANS = ['free', 'pro', 'team'] as const;
const PLAN_SHARES = [50, 32, 18];
const CALLS_PER_USER: Readonly<Record<Plan, readonly [number, number]>> = {
  free: [4, 16],
  pro: [12, 36],
  team: [24, 70],
};
const FIRST_NAMES = [
  'Ada',
  'Grace',
  'Alan',
  'Mary',
  'Edsger',
  'Barbara',
  'Donald',
  'Радия',
  '静香',
  'José',
] as const;
const LAST_NAMES = [
  'Okafor',
  'Lindqvist',
  'Moreau',
  'Tanaka',
  'Silva',
  'O’Brien',
  'Novák',
  'Haddad',
] as const;

const LATE_SHARE = 0.03;
const LATE_DAYS_MAX = 20;
const SENT_TWICE_SHARE = 0.04;
const ALSO_BY_WEBHOOK_SHARE = 0.03;
const NEVER_IDENTIFIED_SHARE = 0.05;

type Plan = (typeof PLANS)[number];
type Activity = Pick<TrackCall, 'event' | 'properties' | 'outcome'>;

export function saasDay(options: {
  readonly seed: number;
  readonly users: number;
  readonly day: string;
}): SaasDay {
  const start = Date.parse(`${options.day}T00:00:00Z`);
  const label = `demo-${String(options.seed)}-${options.day.replaceAll('-', '')}`;
  const people = Array.from({ length: options.users }, (_, index) => person(label, start, index + 1));
  const calls = people.flatMap((one) => one.calls);
  return {
    label,
    start,
    userIds: people.map(({ userId }) => userId),
    calls: inOrderOfSending(calls, start, label),
  };
}

function person(label: string, start: number, number: number): { userId: string; calls: Call[] } {
  const userId = `${label}-user-${String(number).padStart(4, '0')}`;
  const random = new Random(userId);
  const plan = PLANS[random.weighted(PLAN_SHARES)] ?? 'free';
  const office = random.pick(OFFICES);
  const calls: Call[] = [];
  const moment = (): number => {
    const hour = random.weighted(BUSY) - office;
    // A minute away from each full hour, so that a slow request cannot move an event into the next one: the tracking API
    // corrects timestamps by the difference of the clocks, which includes the time on the way.
    return start + (((hour % 24) + 24) % 24) * HOUR_MS + random.integer(MINUTE_MS, HOUR_MS - MINUTE_MS);
  };
  const base = (at = moment()): Pick<CallBase, 'messageId' | 'at'> => ({
    messageId: `${userId}-${String(calls.length + 1)}`,
    at,
  });

  if (!random.chance(NEVER_IDENTIFIED_SHARE)) calls.push(...identifies(userId, plan, random, base));
  const [min, max] = CALLS_PER_USER[plan];
  const count = random.integer(min, max);
  for (let made = 0; made < count; made += 1) {
    const late = random.chance(LATE_SHARE) ? random.integer(1, LATE_DAYS_MAX) * DAY_MS : 0;
    const again = random.chance(SENT_TWICE_SHARE)
      ? ({ again: 'sdk' } as const)
      : random.chance(ALSO_BY_WEBHOOK_SHARE)
        ? ({ again: 'webhook' } as const)
        : {};
    calls.push({
      type: 'track',
      ...base(moment() - late),
      who: { userId },
      ...activity(plan, random),
      ...again,
    });
  }
  calls.push(...noise(userId, random, base));
  return { userId, calls };
}

/** A sign-up, and for some a change later that day; whichever arrives first, the later word must stand. */
function identifies(
  userId: string,
  plan: Plan,
  random: Random,
  base: (at?: number) => Pick<CallBase, 'messageId' | 'at'>,
): IdentifyCall[] {
  const outcome = { kind: 'profile' } as const;
  const signUp = base();
  const name = `${random.pick(FIRST_NAMES)} ${random.pick(LAST_NAMES)}`;
  const traits = { email: `${userId}@example.com`, plan };
  const billing = plan === 'free' ? {} : { billingUserId: `cus_${userId.replaceAll('-', '')}` };
  const first: IdentifyCall = {
    type: 'identify',
    ...signUp,
    userId,
    traits: { name, ...traits, ...billing },
    outcome,
  };
  if (!random.chance(0.2)) return [first];
  const renamed: IdentifyCall = {
    type: 'identify',
    messageId: `${userId}-renamed`,
    at: signUp.at + 30 * MINUTE_MS,
    userId,
    traits: { name: `${name}-Smith` },
    outcome,
  };
  return [renamed, first];
}

function noise(
  userId: string,
  random: Random,
  base: (at?: number) => Pick<CallBase, 'messageId' | 'at'>,
): (TrackCall | PageCall)[] {
  const rejected = { kind: 'rejected' } as const;
  const calls: (TrackCall | PageCall)[] = [];
  if (random.chance(0.4)) {
    const { messageId, at } = base();
    calls.push({
      type: 'page',
      messageId: `${messageId}-page`,
      at,
      userId,
      name: 'Pricing',
      outcome: rejected,
    });
  }
  if (random.chance(0.5)) {
    const { messageId, at } = base();
    calls.push({
      type: 'track',
      messageId: `${messageId}-visitor`,
      at,
      // As a website sends it before anybody has signed in.
      who: { anonymousId: `visitor-${userId}` },
      event: 'Signup Started',
      properties: { source: random.pick(['search', 'newsletter', 'friend']) },
      outcome: rejected,
    });
  }
  return calls;
}

function activity(plan: Plan, random: Random): Activity {
  const kinds = [
    apiCalled,
    answerGenerated,
    storageChanged,
    signedIn,
    messageSent,
    callEnded,
    reportViewed,
    mistake,
  ];
  const kind = kinds[random.weighted([24, 14, 8, 6, 26, 10, 9, 3])] ?? mistake;
  return kind(plan, random);
}

const mapped = (...uses: (readonly [featureId: string, micros: bigint])[]): Outcome => ({
  kind: 'mapped',
  uses: uses.map(([featureId, micros]) => ({ featureId, micros })),
});

const ONE = 1_000_000n;

function apiCalled(_plan: Plan, random: Random): Activity {
  const calls = random.integer(1, 400);
  return {
    event: 'API Called',
    properties: {
      featureId: API_CALLS,
      delta: calls,
      endpoint: random.pick(['/search', '/export', '/sync']),
    },
    outcome: mapped([API_CALLS, BigInt(calls) * ONE]),
  };
}

/** A decimal as a text, which is how a sender keeps all of its digits. */
function answerGenerated(_plan: Plan, random: Random): Activity {
  const micros = BigInt(random.integer(1, 9_999_999));
  return {
    event: 'Answer Generated',
    properties: { featureId: AI_CREDITS, delta: decimalOf(micros), model: random.pick(['small', 'large']) },
    outcome: mapped([AI_CREDITS, micros]),
  };
}

/** Files come and go: some of these take usage back. */
function storageChanged(_plan: Plan, random: Random): Activity {
  const thousandths = random.integer(-800, 2_500);
  return {
    event: 'Storage Changed',
    properties: { featureId: STORAGE, delta: thousandths / 1_000 },
    outcome: mapped([STORAGE, BigInt(thousandths) * 1_000n]),
  };
}

function signedIn(): Activity {
  return {
    event: 'Signed In',
    properties: { featureId: SINGLE_SIGN_ON, method: 'saml' },
    outcome: mapped([SINGLE_SIGN_ON, ONE]),
  };
}

/** One event, two rules: each contributes its own feature. */
function messageSent(plan: Plan, random: Random): Activity {
  const files = random.chance(0.2) ? random.integer(1, 5) : 0;
  const uses = [
    [MESSAGES, ONE] as const,
    ...(files > 0 ? [[ATTACHMENTS, BigInt(files) * ONE] as const] : []),
  ];
  return {
    event: 'Message Sent',
    properties: { plan, hasFiles: files > 0, files, channel: random.pick(['general', 'random', 'support']) },
    outcome: mapped(...uses),
  };
}

function callEnded(plan: Plan, random: Random): Activity {
  const kind = random.pick(['video', 'voice']);
  const quarters = random.integer(1, 240);
  return {
    event: 'Call Ended',
    properties: { plan, kind, minutes: quarters / 4 },
    outcome:
      plan === 'team' && kind === 'video'
        ? mapped([CALL_MINUTES, BigInt(quarters) * 250_000n])
        : { kind: 'unmapped', reason: 'no_rule' },
  };
}

/** Nobody has a rule for these until they have all been sent. */
function reportViewed(_plan: Plan, random: Random): Activity {
  const kind = random.pick(['dashboard', 'dashboard', 'spreadsheet']);
  return {
    event: 'Report Viewed',
    properties: { kind },
    outcome: kind === 'dashboard' ? mapped([DASHBOARDS, ONE]) : { kind: 'unmapped', reason: 'no_rule' },
  };
}

/** What senders get wrong: nothing of it may be counted, and none of it may get lost. */
function mistake(_plan: Plan, random: Random): Activity {
  switch (random.integer(0, 2)) {
    case 0:
      return {
        event: 'Whiteboard Opened',
        properties: { featureId: UNKNOWN_FEATURE },
        outcome: { kind: 'unmapped', reason: 'unknown_feature' },
      };
    case 1:
      return {
        event: 'API Called',
        properties: { featureId: API_CALLS, delta: random.pick(['lots', '', '12 calls']) },
        outcome: { kind: 'unmapped', reason: 'invalid_delta' },
      };
    default:
      return {
        event: 'Theme Changed',
        properties: { theme: 'dark' },
        outcome: { kind: 'unmapped', reason: 'no_rule' },
      };
  }
}

/** By time, roughly: queues on the way swap neighbours, and what is late arrives in the middle of everything else. */
function inOrderOfSending(calls: readonly Call[], start: number, label: string): Call[] {
  const random = new Random(`${label}-order`);
  return calls
    .map((call) => ({
      call,
      sentAt:
        call.at < start ? start + random.integer(0, DAY_MS) : call.at + random.integer(0, 20 * MINUTE_MS),
    }))
    .sort(
      (left, right) => left.sentAt - right.sentAt || (left.call.messageId < right.call.messageId ? -1 : 1),
    )
    .map(({ call }) => call);
}
