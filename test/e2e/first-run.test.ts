import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Analytics } from '@segment/analytics-node';
import { DashboardBrowser } from './dashboard-browser.ts';

// The whole way of somebody who has never seen it, with nothing but what the page says: from an empty pipeline to the usage
// of a rule of their own.

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

test('from nothing to the first counted use', async () => {
  const { page, url } = dashboard;
  await dashboard.signIn();
  await page.getByRole('heading', { name: 'Get started', level: 1 }).waitFor();
  // Without a key nobody is sent away to make one: the step above does.
  await page.getByText('One that you create in step 1 is filled in here.').waitFor();
  await page.getByRole('button', { name: 'Create the key' }).click();
  await page.getByText('it is shown this once').waitFor();
  expect(await dashboard.look('start')).toEqual([]);
  const key = await page
    .getByRole('listitem')
    .filter({ hasText: 'Create a key' })
    .locator('code')
    .innerText();

  // What the page shows under "SDK", with the key that it filled in.
  await page.getByRole('tab', { name: 'SDK' }).click();
  await page.getByText(`writeKey: '${key}'`).first().waitFor();
  const refused = await fetch(`${url}/segment`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'track', event: 'Report Viewed' }),
  });
  expect(refused.status).toBe(400);
  await page.getByText('Something arrived and was refused').waitFor();
  await page.getByRole('tab', { name: 'Try it by hand' }).click();
  await page.getByRole('button', { name: 'Send this event from here' }).click();
  await page.getByRole('heading', { name: /Your first event is here/ }).waitFor();
  const analytics = new Analytics({ writeKey: key, host: url });
  for (const userId of ['ada', 'grace']) {
    analytics.track({ userId, event: 'Report Viewed', properties: { kind: 'dashboard', pages: 3 } });
  }
  await analytics.closeAndFlush();

  await page.getByLabel('Name', { exact: true }).fill('Reports');
  await page.getByText('carry exactly this: "featureId": "reports"').waitFor();
  await page.getByLabel('One unit (optional)').fill('report');
  await page.getByLabel('Several units (optional)').fill('reports');
  expect(await dashboard.look('start-feature')).toEqual([]);
  await page.getByRole('button', { name: 'Create the feature' }).click();

  await page.getByText('It would count 3 stored events and add 3 reports.').waitFor();
  await page.getByRole('option', { name: 'Report Viewed (3)' }).waitFor({ state: 'attached' });
  expect(await dashboard.look('start-rule')).toEqual([]);
  await page.getByRole('button', { name: 'Create the rule' }).click();
  await page.getByRole('link', { name: 'See the usage' }).waitFor();
  await page.getByText('3 reports').waitFor();
  expect(await dashboard.look('start-done')).toEqual([]);
  await page.getByRole('link', { name: 'See the usage' }).click();
  await page.getByRole('heading', { name: 'Overview', level: 1 }).waitFor();
  // Sooner than the page would ask again by itself: what has just been counted does not wait for anybody.
  await page.getByText('Every event that arrived counts').waitFor({ timeout: 5_000 });
  await page.getByRole('region', { name: 'Usage by feature' }).getByText('3 reports').waitFor();
});

test('nothing on the way broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
