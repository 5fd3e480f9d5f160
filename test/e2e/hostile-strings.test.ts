import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deliver, untilDrained } from '../support/live-pipeline.ts';
import { ADMIN_KEY } from '../support/runtime-process.ts';
import { DashboardBrowser } from './dashboard-browser.ts';

// Whoever can send events can write what they like into every field. Here they do, and every page that the dashboard links
// to is opened: none of it may run, become markup, turn the text around it, or push the page out of the screen.

const MARKUP = '<img src=x onerror="globalThis.planted=1"><script>globalThis.planted=1</script>';
/** Overrides and isolates that are never closed, something invisible, and controls. */
const UNSEEN = 'evil\u202Egnp.exe\u2066\u2067\u200B\u0007\u001B[2J';
const LONG = 'long'.repeat(500);
const PLANTED = [MARKUP, UNSEEN, LONG, 'javascript:alert(1)', '__proto__', '/../..%2f?#&', '{{constructor}}'];
/** Of the characters that are named instead of obeyed, those that turn text. */
const TURNING = /[\u202A-\u202E\u2066-\u2069]/;
/** Pages of one kind that are opened, and pages in all. */
const ALIKE_MAX = 4;
const PAGES_MAX = 70;

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  const { url, dataDir } = dashboard;
  const post = async (path: string, body: object): Promise<void> => {
    const answer = await fetch(`${url}/api/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path} answered ${await answer.text()}`);
  };
  await post('features', {
    id: 'planted',
    name: `${MARKUP}${UNSEEN}`.slice(0, 200),
    unitLabelPlural: UNSEEN,
  });
  for (const text of PLANTED) {
    await post('rules', {
      name: text.slice(0, 100),
      featureId: 'planted',
      event: { operator: 'equals', value: `mapped ${text}`.slice(0, 500) },
      conditions: [{ path: 'properties.text', operator: 'contains', value: text.slice(0, 200) }],
    });
  }
  const events = PLANTED.flatMap((text, index) => {
    const common = { userId: `u${text}`, context: { page: { url: text, title: text } } };
    const properties = { text, [text]: text, list: [text] };
    return [
      {
        ...common,
        type: 'identify',
        messageId: `i${text}`,
        traits: { name: text, email: text, billingUserId: text },
      },
      { ...common, type: 'track', messageId: `m${text}`, event: `mapped ${text}`.slice(0, 500), properties },
      { ...common, type: 'track', messageId: `n${text}`, event: text, properties },
      {
        ...common,
        type: 'track',
        messageId: `f${String(index)}`,
        event: 'e',
        properties: { featureId: text },
      },
      {
        ...common,
        type: 'track',
        messageId: `d${String(index)}`,
        event: 'e',
        properties: { featureId: 'planted', delta: text },
      },
    ];
  });
  await deliver(url, '/segment', events);
  // Refused, with their reasons in the live feed.
  await fetch(`${url}/segment`, {
    method: 'POST',
    headers: { authorization: 'Bearer th_ingest_of_a_system_test', 'content-type': 'application/json' },
    body: JSON.stringify([
      { type: MARKUP, userId: 'u' },
      { type: 'track', event: MARKUP },
    ]),
  });
  await untilDrained(dataDir, 60_000);
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

test('no page lets a planted text be more than text', async () => {
  const { page } = dashboard;
  const waiting = ['/app/overview'];
  const known = new Set(waiting);
  const opened: string[] = [];
  const wrong: string[] = [];
  for (let path = waiting.shift(); path !== undefined && opened.length < PAGES_MAX; path = waiting.shift()) {
    await dashboard.open(path.slice('/app'.length));
    opened.push(path);
    wrong.push(...(await faultsHere()).map((fault) => `${path.slice(0, 120)}: ${fault}`));
    const links = await page
      .locator('a[href^="/app/"]')
      .evaluateAll((found) => found.map((link) => ('href' in link ? String(link.href) : '')));
    for (const link of links) {
      const { pathname, search } = new URL(link);
      const alike = [...known].filter((other) => kindOf(other) === kindOf(pathname)).length;
      if (known.has(pathname + search) || alike >= ALIKE_MAX) continue;
      known.add(pathname + search);
      waiting.push(pathname + search);
    }
  }
  expect(wrong).toEqual([]);
  expect(dashboard.faults).toEqual([]);
  // The walk has got somewhere.
  expect(new Set(opened.map(kindOf)).size).toBeGreaterThan(8);
}, 240_000);

/** `/app/users/` for every user. */
function kindOf(path: string): string {
  const [place = '', search] = path.split('?', 2);
  return `${place.slice(0, place.lastIndexOf('/') + 1)}${search === undefined ? '' : '?'}`;
}

async function faultsHere(): Promise<string[]> {
  const { page } = dashboard;
  const faults: string[] = [];
  const planted = await page.evaluate<number>(
    `document.querySelectorAll('img[src="x"], img[onerror], script:not([src]), iframe, object, embed').length
       + Number(globalThis.planted ?? 0)`,
  );
  if (planted > 0) faults.push('markup or code of an event is part of the page');
  const text = await page.evaluate<string>('document.body.innerText + document.title');
  if (TURNING.test(text)) faults.push('characters that turn text are not named');
  if (/\[object Object\]|undefined|NaN/.test(text)) faults.push('something is shown that is no text');
  const links = await page.evaluate<string[]>(
    `[...document.querySelectorAll('a[href]')].map((link) => link.protocol)`,
  );
  if (links.some((protocol) => !/^https?:$/.test(protocol))) faults.push('a link runs code');
  for (const width of [1280, 375]) {
    await page.setViewportSize({ width, height: 800 });
    const needed = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (needed > width) faults.push(`at ${String(width)} pixels it needs ${String(needed)}`);
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  return faults;
}
