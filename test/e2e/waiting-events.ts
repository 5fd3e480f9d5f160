import { deliver, untilDrained } from '../support/live-pipeline.ts';
import { ADMIN_KEY } from '../support/runtime-process.ts';
import type { DashboardBrowser } from './dashboard-browser.ts';

// Events that count for nothing yet, each reason among them: what the pages of unmapped events and rules are for.

const PEOPLE = [
  'maya.okafor',
  'jonas.lindqvist',
  'priya.raman',
  'mateo.alvarez',
  'hannah.weiss',
  'kenji.tanaka',
];
const FORMATS = ['pdf', 'csv', 'xlsx'];
const PLANS = ['pro', 'free', 'team'];
const MINUTE = 60_000;

/** Of 60 exports, 20 are PDFs, and these have 210 pages. */
export const EXPORTS = 60;

export async function sendWaitingEvents({ url, dataDir }: DashboardBrowser): Promise<void> {
  const start = Date.now() - 5 * 24 * 60 * MINUTE;
  const track = (event: string, index: number, properties: object): object => ({
    type: 'track',
    messageId: `${event.toLowerCase().replaceAll(' ', '-')}-${String(index)}`,
    userId: PEOPLE[index % PEOPLE.length],
    event,
    timestamp: new Date(start + index * 61 * MINUTE).toISOString(),
    properties,
  });
  const many = (length: number, make: (index: number) => object): object[] =>
    Array.from({ length }, (_, index) => make(index));
  await deliver(url, '/segment', [
    ...many(EXPORTS, (index) =>
      track('Report Exported', index, {
        format: FORMATS[index % FORMATS.length],
        pages: 1 + (index % 20),
        plan: PLANS[index % 5 === 0 ? 1 : 0],
        filters: { range: '30d' },
      }),
    ),
    ...many(24, (index) => track('Message Sent', index, { channel: 'email', count: 2 })),
    ...many(9, (index) => track('Search Performed', index, { featureId: 'search', query: 'usage' })),
    ...many(4, (index) => track('API Called', index, { featureId: 'api-calls', delta: 'many' })),
  ]);
  await untilDrained(dataDir, 60_000);
}

/** Asks the API as a program does; answers the body. */
export async function callApi(url: string, method: string, path: string, body?: object): Promise<unknown> {
  const answer = await fetch(`${url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} was refused: ${await answer.text()}`);
  return answer.status === 204 ? undefined : await answer.json();
}
