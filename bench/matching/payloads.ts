import type { JsonObject } from '../../core/json-value.ts';

// Track events as Segment's libraries send them: a dozen properties, the context that analytics.js and the Node library
// attach, 1 to 2 KB of JSON. Seeded, so that two runs measure the same events.

export const PLANS = ['free', 'pro', 'team', 'enterprise'];

const OBJECTS = [
  'Message',
  'Report',
  'Invoice',
  'Document',
  'Project',
  'Task',
  'File',
  'Dashboard',
  'Seat',
  'API Call',
];
const ACTIONS = [
  'Sent',
  'Created',
  'Viewed',
  'Exported',
  'Deleted',
  'Shared',
  'Updated',
  'Archived',
  'Synced',
  'Added',
];
const PAGES = ['/inbox', '/reports/weekly', '/settings/billing', '/projects/42/board', '/docs/start'];
const AGENTS = [
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
];

/** Values of `properties.area`, which most rules ask for. */
export const FEATURE_AREAS = 200;
export const REGIONS = ['eu-west-1', 'us-east-1', 'ap-south-1'];
export const SOURCES = ['web', 'ios', 'android', 'api'];
export const SUBJECTS = ['revenue', 'usage', 'churn'];

/** The nth event name of a product with many events. The first hundred are those that the payloads use. */
export function eventName(n: number): string {
  const base = `${OBJECTS[n % 10] ?? ''} ${ACTIONS[Math.floor(n / 10) % 10] ?? ''}`;
  return n < 100 ? base : `${base} ${Math.floor(n / 100)}`;
}

/** A small generator of even quality (mulberry32): the benchmark needs repeatable numbers, nothing more. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One event; `name` fixes its name. Two in three come from a browser, the others from a server. */
export function trackEvent(n: number, random: () => number, name: string): JsonObject {
  const pick = (choices: readonly string[]): string => choices[Math.floor(random() * choices.length)] ?? '';
  const team = Math.floor(random() * 1_000);
  const items = Array.from({ length: Math.floor(random() * 4) }, () => ({
    sku: `sku-${Math.floor(random() * 500)}`,
    quantity: 1 + Math.floor(random() * 5),
    price: Math.round(random() * 10_000) / 100,
  }));
  const fromBrowser = random() < 2 / 3;
  return {
    type: 'track',
    event: name,
    messageId: `ajs-next-${n}-${Math.floor(random() * 1e9).toString(36)}-4f0c-9d3a`,
    userId: `user_${Math.floor(random() * 5_000)}`,
    anonymousId: `5f3c1d9e-${Math.floor(random() * 1e9).toString(16)}-4b7a-8e21-0c9d1f2e3a4b`,
    timestamp: '2026-06-01T12:34:56.789Z',
    originalTimestamp: '2026-06-01T12:34:56.700Z',
    sentAt: '2026-06-01T12:34:57.000Z',
    receivedAt: '2026-06-01T12:34:57.123Z',
    version: 2,
    channel: fromBrowser ? 'client' : 'server',
    projectId: 'sQ7v2mXkP9',
    properties: {
      plan: pick(PLANS),
      area: `area-${Math.floor(random() * FEATURE_AREAS)}`,
      teamId: `team-${team}`,
      workspace: { id: `ws-${team % 97}`, region: pick(REGIONS), seats: team % 50 },
      category: pick(['collaboration', 'analytics', 'billing', 'storage']),
      count: 1 + Math.floor(random() * 20),
      sizeBytes: Math.floor(random() * 5_000_000),
      durationMs: Math.round(random() * 1e6) / 1e3,
      trial: random() < 0.2,
      source: pick(SOURCES),
      label: `Quarterly ${pick(SUBJECTS)} report ${team}`,
      currency: 'EUR',
      revenue: Math.round(random() * 10_000) / 100,
      items,
    },
    context: fromBrowser ? browserContext(team, pick) : serverContext(),
    integrations: {},
  };
}

function browserContext(team: number, pick: (choices: readonly string[]) => string): JsonObject {
  const path = pick(PAGES);
  return {
    ip: `203.0.113.${team % 256}`,
    library: { name: 'analytics.js', version: 'npm:next-1.84.3' },
    locale: pick(['en-US', 'de-DE', 'pt-BR']),
    timezone: pick(['Europe/Berlin', 'America/New_York']),
    userAgent: pick(AGENTS),
    userAgentData: {
      brands: [
        { brand: 'Not/A)Brand', version: '8' },
        { brand: 'Chromium', version: '126' },
        { brand: 'Google Chrome', version: '126' },
      ],
      mobile: false,
      platform: 'macOS',
    },
    page: {
      path,
      referrer: '',
      search: '',
      title: `Example – ${path}`,
      url: `https://app.example.com${path}`,
    },
    campaign: { name: pick(['spring', 'autumn']), source: 'newsletter', medium: 'email' },
  };
}

function serverContext(): JsonObject {
  return { library: { name: '@segment/analytics-node', version: '3.1.0' }, page: { path: '/api/v2' } };
}

/** `count` events whose names are drawn by `nameOf`. */
export function trackEvents(
  count: number,
  seed: number,
  nameOf: (random: () => number) => string,
): JsonObject[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, n) => trackEvent(n, random, nameOf(random)));
}
