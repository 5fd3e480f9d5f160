import { deliver, untilDrained } from '../support/live-pipeline.ts';
import { ADMIN_KEY } from '../support/runtime-process.ts';
import type { DashboardBrowser } from './dashboard-browser.ts';

// A month of a small company, the same every time but for the day on which it ends: enough for charts and lists to look as
// they do for somebody who works with them.

const DAY = 86_400_000;
const FEATURES = [
  { id: 'messages', name: 'Messages sent', unitLabel: 'message', unitLabelPlural: 'messages' },
  { id: 'reports', name: 'Reports exported', unitLabel: 'report', unitLabelPlural: 'reports' },
  { id: 'storage', name: 'Storage used', unitLabel: 'GB', unitLabelPlural: 'GB' },
  { id: 'summaries', name: 'AI summaries', unitLabel: 'summary', unitLabelPlural: 'summaries' },
  { id: 'dashboards', name: 'Dashboards viewed', type: 'binary' },
] as const;
const RULES = [
  { name: 'Exports', featureId: 'reports', event: { operator: 'equals', value: 'Report Exported' } },
  { name: 'Summaries', featureId: 'summaries', event: { operator: 'equals', value: 'Summary Generated' } },
  {
    name: 'Dashboards',
    featureId: 'dashboards',
    event: { operator: 'equals', value: 'Page Opened' },
    conditions: [{ path: 'properties.kind', operator: 'equals', value: 'dashboard' }],
  },
] as const;
/** Those after the sixth are customers of the billing provider. */
const PEOPLE = [
  'Ada Lovelace',
  'Grace Hopper',
  'Alan Turing',
  'Katherine Johnson',
  'Tim Berners-Lee',
  'Radia Perlman',
  'Maya Okafor',
  'Jonas Lindqvist',
  'Priya Raman',
  'Mateo Alvarez',
  'Hannah Weiss',
  'Kenji Tanaka',
  'Sofia Rossi',
  'Liam Byrne',
];
const WITHOUT_BILLING = 6;

/** Defines features and rules, sends the month, and waits until all of it is counted. */
export async function sendCompanyEvents(dashboard: DashboardBrowser): Promise<void> {
  const { url, dataDir } = dashboard;
  for (const feature of FEATURES) await define(url, 'features', feature);
  for (const rule of RULES) await define(url, 'rules', rule);
  const today = Math.floor(Date.now() / DAY) * DAY;
  const people = PEOPLE.map((name, index) => ({
    type: 'identify',
    messageId: `person-${String(index)}`,
    userId: userIdOf(index),
    timestamp: new Date(today - 29 * DAY).toISOString(),
    traits: {
      name,
      email: `${userIdOf(index)}@example.com`,
      ...(index >= WITHOUT_BILLING && { billingUserId: `cus_N8v${String(index)}Qk4TzR` }),
    },
  }));
  const events = Array.from({ length: 30 }, (_, daysAgo) => dayOf(today - daysAgo * DAY, daysAgo)).flat();
  await deliver(url, '/segment', [...people, ...events]);
  await untilDrained(dataDir, 60_000);
}

function dayOf(start: number, daysAgo: number): object[] {
  const isWeekend = [0, 6].includes(new Date(start).getUTCDay());
  const busy = (isWeekend ? 9 : 27) + ((daysAgo * 7) % 11);
  // Nothing of today lies ahead, whatever the hour is.
  const at = (index: number): string =>
    new Date(
      Math.min(start + (7 + (index % 12)) * 3_600_000 + index * 97_000, Date.now() - 1_000),
    ).toISOString();
  return Array.from({ length: busy }, (_, index) => ({
    type: 'track',
    messageId: `day-${String(daysAgo)}-${String(index)}`,
    userId: userIdOf((index * 5 + daysAgo) % PEOPLE.length),
    timestamp: at(index),
    ...useOf(index, daysAgo),
  }));
}

/** What somebody did; some of it counts for nothing yet. */
function useOf(index: number, daysAgo: number): object {
  switch (index % 9) {
    case 0:
    case 1:
    case 2:
      return {
        event: 'Message Sent',
        properties: { featureId: 'messages', delta: 2 + ((index + daysAgo) % 6), channel: 'email' },
      };
    case 3:
      return { event: 'Report Exported', properties: { format: 'pdf', pages: 4 + index } };
    case 4:
      return {
        event: 'File Uploaded',
        properties: { featureId: 'storage', delta: `${String(1 + (index % 3))}.25` },
      };
    case 5:
    case 6:
      return { event: 'Summary Generated', properties: { model: 'standard', words: 120 + index } };
    case 7:
      return daysAgo % 5 === 0
        ? { event: 'Invoice Viewed', properties: { status: 'paid', total: 49 } }
        : { event: 'Report Exported', properties: { format: 'csv', pages: 2 } };
    default:
      return {
        event: 'Page Opened',
        properties: { kind: daysAgo % 4 === 0 ? 'settings' : 'dashboard', path: '/home' },
      };
  }
}

const userIdOf = (index: number): string => (PEOPLE[index] ?? '').toLowerCase().replaceAll(/[^a-z]+/g, '.');

async function define(url: string, kind: 'features' | 'rules', body: object): Promise<void> {
  const answer = await fetch(`${url}/api/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (answer.status !== 201) throw new Error(`A definition was refused: ${await answer.text()}`);
}
