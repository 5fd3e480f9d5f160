import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sendCompanyEvents } from './company-events.ts';
import { DashboardBrowser } from './dashboard-browser.ts';

// Usage of a month of real events: what the chart, the tables and the API say is the same.

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  await sendCompanyEvents(dashboard);
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

const cellsOf = async (row: string): Promise<string[]> =>
  await dashboard.page
    .getByRole('region', { name: 'Usage by feature' })
    .getByRole('row', { name: new RegExp(row) })
    .getByRole('cell')
    .allInnerTexts();

/** How many pixels of the chart of usage have the colour of each series that the legend names. */
const PIXELS_OF_BARS = `(() => {
  const chart = document.querySelector('section[aria-label="Usage"] [data-chart]');
  const canvas = chart.querySelector('canvas');
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return [...chart.parentElement.querySelectorAll('button[aria-pressed="true"] > span:first-child')].map((swatch) => {
    const [red, green, blue] = getComputedStyle(swatch).backgroundColor.match(/\\d+/g).map(Number);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) pixels += 1;
    return pixels;
  });
})()`;

async function expectBars(): Promise<void> {
  await dashboard.settled();
  const pixels = await dashboard.page.evaluate<number[]>(PIXELS_OF_BARS);
  expect(pixels).toHaveLength(5);
  expect(Math.min(...pixels)).toBeGreaterThan(200);
}

test('the chart has bars of every feature, also drawn anew for another width or while it is out of sight', async () => {
  const { page } = dashboard;
  await dashboard.open('/overview');
  await expectBars();
  await page.setViewportSize({ width: 700, height: 800 });
  await expectBars();
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const appearance of ['Dark', 'Light']) {
    // In one task, so that no frame comes between: nothing else would have it drawn again.
    await page.evaluate(`(async () => {
      const main = document.querySelector('main');
      main.style.display = 'none';
      [...document.querySelectorAll('aside button')].find(({ textContent }) => textContent.includes('appearance')).click();
      for (let turn = 0; turn < 50; turn += 1) await undefined;
      main.style.display = '';
    })()`);
    await page
      .getByRole('button', { name: `${appearance === 'Dark' ? 'Light' : 'Dark'} appearance` })
      .waitFor();
    await expectBars();
  }
  // What was chosen by hand would stand above what the pictures are taken in.
  await page.evaluate('localStorage.clear()');
});

test('the overview shows the sums that the API gives', async () => {
  await dashboard.open('/overview');
  const total = await dashboard.page.evaluate<string>(
    `fetch('/api/usage?featureId=messages').then(async (response) => {
       const { sum, count } = (await response.json()).total;
       return Number(sum).toLocaleString('en-US') + ' messages, ' + count;
     })`,
  );
  expect((await cellsOf('Messages sent')).slice(1).join(', ')).toBe(total);
  expect(await dashboard.look('overview')).toEqual([]);
});

test('the overview says how many events came in, and which share of them no feature counted', async () => {
  const { page } = dashboard;
  await dashboard.open('/overview');
  const events = page.getByRole('region', { name: 'Events in' });
  const sentence = await page.evaluate<string>(
    `Promise.all(['arrivals', 'overview'].map(async (path) => (await fetch('/api/' + path)).json())).then(
       ([{ total }, { unmapped }]) =>
         total.events + ' events in the last 30 days. ' + ((total.unmapped / total.track) * 100).toFixed(1) +
         ' % of the ' + total.track + ' track events were unmapped on arrival; ' + unmapped.events +
         ' unmapped events wait now.')`,
  );
  expect((await events.getByRole('paragraph').first().innerText()).replaceAll(',', '')).toBe(sentence);
  await events.getByText('Events in as a table').click();
  const cells = await events.getByRole('row').nth(1).getByRole('cell').allInnerTexts();
  expect(sentence.startsWith(`${cells[1]?.replaceAll(',', '') ?? ''} events`)).toBe(true);
  await events.getByRole('link', { name: 'wait now' }).click();
  await page.getByRole('heading', { name: 'Unmapped', level: 1 }).waitFor();
  // A time in which nothing came.
  await dashboard.open('/overview?from=2020-01-01&to=2020-02-01');
  await events.getByText('No event arrived in this time.').waitFor();
});

test('the time shown stands in the address, and comparing adds the time before', async () => {
  const { page } = dashboard;
  await dashboard.open('/overview?range=7d&compare=1');
  await page.getByText('Uses before').waitFor();
  await page.getByText('All numbers as a table').click();
  expect(await dashboard.look('overview-compared')).toEqual([]);
  await page.getByText('Month', { exact: true }).click();
  await page.waitForURL(/window=month/);
  await page.getByText('Uses', { exact: true }).first().click();
  await page.waitForURL(/measure=count/);
});

test('a part of the chart that is marked with the mouse is looked at closer', async () => {
  const { page } = dashboard;
  await dashboard.open('/overview');
  const chart = page.getByRole('region', { name: 'Usage', exact: true }).locator('.u-over');
  const box = await chart.boundingBox();
  if (box === null) throw new Error('There is no chart.');
  await page.mouse.move(box.x + box.width * 0.4, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  await page.getByRole('button', { name: 'Show the last 30 days' }).click();
  await page.waitForURL((url) => !url.search.includes('from='));
});

test('CSV is the same usage', async () => {
  const { page } = dashboard;
  await dashboard.open('/overview');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'CSV' }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(String(chunk)));
  const [head, first] = Buffer.concat(chunks).toString('utf8').split('\r\n');
  expect(head).toBe('windowStart,featureId,userId,sum,count');
  expect(first).toMatch(/^\d{4}-\d\d-\d\dT00:00:00\.000Z,/);
});

test('features and their usage', async () => {
  const { page } = dashboard;
  await dashboard.open('/features');
  expect(await dashboard.look('features')).toEqual([]);
  await page.getByRole('link', { name: 'Storage used' }).click();
  await page.getByRole('heading', { name: 'Storage used', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Top users' }).getByRole('link').first().waitFor();
  await dashboard.settled();
  expect(await dashboard.look('feature')).toEqual([]);
});

test('how to connect Segment', async () => {
  await dashboard.open('/settings/connect');
  expect(await dashboard.look('settings-connect')).toEqual([]);
});

test('Chargebee is switched on, and the change is kept', async () => {
  const { page } = dashboard;
  await dashboard.open('/settings/billing');
  expect(await dashboard.look('settings-billing')).toEqual([]);
  await page.getByLabel('Take billing ids').click();
  await page.getByText('Chargebee switched on by').waitFor();
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
