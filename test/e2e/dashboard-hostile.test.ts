import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deliver, untilDrained } from '../support/live-pipeline.ts';
import { DashboardBrowser } from './dashboard-browser.ts';
import { callApi } from './waiting-events.ts';

// Whoever can send events can write into every field that they have. Nothing of it may become markup, run, turn the words
// around it, or make a page too wide for a phone.

let dashboard: DashboardBrowser;

const HOSTILE = [
  '<img src=x onerror="document.title=`owned`">',
  '"><script>document.title="owned"</script>',
  'javascript:document.title="owned"',
  '\u202Etxt.exe\u2066 \u200B\u0000end',
  '{{constructor.constructor("document.title=`owned`")()}}',
  'w'.repeat(3_000),
  '../..%2f..%00?a=b&c=d#e',
];

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  const { url, dataDir } = dashboard;
  await callApi(url, 'POST', '/features', { id: 'messages', name: HOSTILE[0] });
  await callApi(url, 'POST', '/rules', {
    name: '"><script>document.title="owned"</script>',
    featureId: 'messages',
    event: { operator: 'in', value: [HOSTILE[0], 'Counted \u202E'] },
    conditions: [{ path: 'properties.<b>x</b>', operator: 'equals', value: HOSTILE[1] }],
  });
  const events = HOSTILE.flatMap((text, index) => {
    const about = { userId: text.slice(0, 900), context: { page: { title: text } } };
    return [
      {
        type: 'track',
        messageId: `${text.slice(0, 200)}-${String(index)}`,
        ...about,
        event: text,
        properties: {
          [text.slice(0, 300)]: text,
          '<b>x</b>': index % 2 === 0 ? text : HOSTILE[1],
          list: [text],
        },
      },
      {
        type: 'track',
        messageId: `f${String(index)}`,
        ...about,
        event: text,
        properties: { featureId: text },
      },
      { type: 'identify', messageId: `i${String(index)}`, ...about, traits: { name: text, email: text } },
    ];
  });
  await deliver(url, '/v1/batch', { batch: events });
  await untilDrained(dataDir, 60_000);
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

/** What must be so on every page, whatever it shows. */
async function expectHarmless(view: string): Promise<void> {
  const { page } = dashboard;
  await dashboard.open(view);
  expect(await page.title()).toMatch(/Tallyhook$/);
  expect(await page.title()).not.toMatch(/^owned/);
  expect(await page.locator('main img, main script, main iframe').count()).toBe(0);
  // Links lead within the dashboard only.
  expect(await page.locator('main a:not([href^="/app/"])').count()).toBe(0);
  await page.setViewportSize({ width: 375, height: 800 });
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(375);
  await page.setViewportSize({ width: 1280, height: 800 });
}

test.each([
  '/unmapped',
  '/events',
  '/rules',
  '/reprocessing',
  '/features',
  '/overview',
  '/events/quarantine',
])('%s shows hostile texts as texts', async (view) => {
  await expectHarmless(view);
});

test.each(HOSTILE.map((text, index) => [index, text] as const))(
  'the pages of the hostile event, group, user and rule %i show it as text',
  async (index, text) => {
    const { page } = dashboard;
    const messageId = `${text.slice(0, 200)}-${String(index)}`;
    await expectHarmless(`/events/id/${encodeURIComponent(messageId)}`);
    await page.getByRole('region', { name: 'As it was sent', exact: true }).waitFor();
    const group = new URLSearchParams({ event: text, reason: 'no_rule' });
    await expectHarmless(`/unmapped/group?${group.toString()}`);
    await expectHarmless(
      `/events/search?${new URLSearchParams({ by: 'user', userId: text.slice(0, 900) }).toString()}`,
    );
    await expectHarmless(`/rules/new?${new URLSearchParams({ event: text }).toString()}`);
    await page.getByRole('heading', { name: 'New rule' }).waitFor();
  },
);

test('suggestions, samples and near misses of the builder show hostile texts as texts', async () => {
  const { page } = dashboard;
  await dashboard.open('/rules/new?event=x');
  await page.getByLabel('Event name').selectOption('contains');
  await page.getByRole('combobox', { name: 'Name', exact: true }).fill('o');
  await page.getByRole('region', { name: 'Preview' }).getByText('waiting events would count').waitFor();
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await page.getByRole('combobox', { name: 'Field', exact: true }).click();
  await page.locator('[role=listbox] [role=option]:visible').first().waitFor();
  expect(await page.locator('main img, main script, [role=listbox] img').count()).toBe(0);
  expect(await page.title()).toMatch(/^New rule/);
});

test('a rule with hostile texts is shown in words', async () => {
  const { page } = dashboard;
  await dashboard.open('/rules');
  await page.getByRole('link', { name: '<script>' }).click();
  await page.getByRole('region', { name: 'History' }).waitFor();
  await expectHarmless(new URL(page.url()).pathname.replace('/app', ''));
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
