import { afterAll, beforeAll, expect, test } from '@jest/globals';
import * as z from 'zod';
import { ADMIN_KEY } from '../support/runtime-process.ts';
import { DashboardBrowser } from './dashboard-browser.ts';
import { callApi } from './waiting-events.ts';

// What surrounds the pages: signing in and out, the navigation, and what every page has to keep to.

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

test('the bare address leads to sign-in, a wrong key is told so, and the right one opens the dashboard', async () => {
  const { page, url } = dashboard;
  await page.goto(`${url}/`);
  expect(await dashboard.look('sign-in')).toEqual([]);
  await page.getByLabel('Key', { exact: true }).fill('not-a-key');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This key is not valid').waitFor();
  await dashboard.signIn();
  expect(new URL(page.url()).pathname).toMatch(/^\/app\/./);
});

test('a session that has ended leads back to where one was', async () => {
  const { page } = dashboard;
  await dashboard.open('/features');
  await page.context().clearCookies();
  await page.getByRole('link', { name: 'Settings' }).click();
  await page.getByText('Your session has ended').waitFor();
  const { pathname } = new URL(page.url());
  await page.getByLabel('Key', { exact: true }).fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'API keys', level: 1 }).waitFor();
  expect(new URL(page.url()).pathname).toBe(pathname);
});

test('an address that does not exist says so and leads on', async () => {
  await dashboard.open('/nothing/here');
  expect(await dashboard.look('not-found')).toEqual([]);
  await dashboard.page.getByRole('link', { name: 'Go to the overview' }).click();
});

test('a feature is made, found, changed and archived', async () => {
  const { page } = dashboard;
  await dashboard.open('/features');
  expect(await dashboard.look('features-empty')).toEqual([]);
  await page.getByRole('button', { name: 'New feature' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Reports exported');
  expect(await page.getByLabel('Id', { exact: true }).inputValue()).toBe('reports-exported');
  expect(await dashboard.look('feature-new')).toEqual([]);
  await page.getByRole('button', { name: 'Create the feature' }).click();
  await page.getByRole('heading', { name: 'Reports exported', level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Archive' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  await page.getByRole('button', { name: 'Take out of the archive' }).waitFor();
});

test('a key is shown once, can be used, and can be revoked', async () => {
  const { page, url } = dashboard;
  await callApi(url, 'POST', '/keys', { name: 'Segment, production', scope: 'ingest' });
  await callApi(url, 'POST', '/keys', { name: 'Billing service', scope: 'read' });
  await dashboard.open('/settings');
  expect(await dashboard.look('settings-keys')).toEqual([]);
  await page.getByRole('button', { name: 'New key' }).first().click();
  await page.getByLabel('Name', { exact: true }).fill('Backend');
  await page.getByLabel('Read', { exact: true }).check();
  await page.getByRole('button', { name: 'Create the key' }).click();
  const secret = await page.getByRole('dialog').locator('code').first().innerText();
  const answer = await fetch(`${url}/api/features`, { headers: { authorization: `Bearer ${secret}` } });
  expect(answer.status).toBe(200);
  await page.getByRole('button', { name: 'Done' }).click();
  await page
    .getByRole('row', { name: /Backend/ })
    .getByRole('button', { name: 'Revoke' })
    .click();
  await page.getByRole('button', { name: 'Revoke the key' }).click();
  await page
    .getByRole('row', { name: /Backend/ })
    .getByText('Revoked')
    .waitFor();
});

test('the keyboard alone gets past the navigation, and to every page of it', async () => {
  const { page } = dashboard;
  await dashboard.open('/features');
  await page.evaluate('document.activeElement?.blur()');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement?.id')).toBe('main');
});

test('on a phone the navigation opens from the top bar, and leads on', async () => {
  const { page } = dashboard;
  await dashboard.open('/features');
  await page.setViewportSize({ width: 375, height: 812 });
  await page.getByRole('button', { name: 'Open the navigation' }).click();
  const menu = page.getByRole('dialog');
  await menu.getByRole('link', { name: 'Users' }).waitFor();
  expect(await dashboard.violations()).toEqual([]);
  await menu.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('heading', { name: 'Users', level: 1 }).waitFor();
  await menu.waitFor({ state: 'detached' });
  await page.setViewportSize({ width: 1280, height: 800 });
});

test('a pipeline that does not answer, or cannot, is told in a sentence, and another try helps', async () => {
  const { page } = dashboard;
  await dashboard.open('/settings');
  const features = '**/api/features*';
  await page.route(features, (route) => route.abort());
  await page.getByRole('link', { name: 'Features' }).click();
  await page.getByText('Tallyhook does not answer.').waitFor();
  expect(await dashboard.look('no-answer')).toEqual([]);
  await page.unroute(features);
  await page.route(features, (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad' }),
  );
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('The answer could not be read.').waitFor();
  await page.unroute(features);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page
    .getByRole('link', { name: 'Show archived' })
    .or(page.getByText('Every feature is archived'))
    .waitFor();
});

test('a page whose code is gone, because another version was deployed, loads itself anew, once', async () => {
  const { page } = dashboard;
  await dashboard.open('/settings');
  let refused = 0;
  await page.route('**/assets/features-page-*.js', async (route) => {
    refused += 1;
    await (refused === 1 ? route.fulfill({ status: 404, body: '' }) : route.continue());
  });
  await page.getByRole('link', { name: 'Features' }).click();
  await page.getByRole('heading', { name: 'Features', level: 1 }).waitFor();
  expect(refused).toBe(2);
});

test('what was being written is still there after signing in again, and can be saved', async () => {
  const { page } = dashboard;
  await callApi(dashboard.url, 'POST', '/features', { id: 'exports', name: 'Exports' });
  await dashboard.open('/rules/new?event=Report+Exported');
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await page.getByRole('combobox', { name: 'Field', exact: true }).fill('properties.format');
  await page.getByRole('combobox', { name: 'Value', exact: true }).fill('pdf');
  await page.getByLabel('Name of the rule').fill('PDF exports');
  await page.context().clearCookies();
  await page.getByRole('button', { name: 'Save the rule' }).click();
  await page.getByText('Your session has ended').waitFor();
  // Out of sight, for whoever comes by.
  expect(await page.getByLabel('Name of the rule').isVisible()).toBe(false);
  expect(await dashboard.look('sign-in-again')).toEqual([]);
  await page.getByLabel('Key', { exact: true }).fill(ADMIN_KEY);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('save it once more').waitFor();
  expect(await page.getByRole('combobox', { name: 'Value', exact: true }).inputValue()).toBe('pdf');
  await page.getByRole('button', { name: 'Save the rule' }).click();
  await page.getByRole('heading', { name: 'PDF exports', level: 1 }).waitFor();
});

test('a key that may only read sees what it may, is told what it may not, and is offered no change', async () => {
  const { page, url } = dashboard;
  const answer = await fetch(`${url}/api/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Reader', scope: 'read' }),
  });
  const { secret } = z.object({ secret: z.string() }).parse(await answer.json());
  await dashboard.open('/features');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await dashboard.signIn(secret);
  await dashboard.open('/features');
  await page.getByText('Signed in to read only').waitFor();
  expect(await page.getByRole('button', { name: 'New feature' }).count()).toBe(0);
  await dashboard.open('/settings');
  await page.getByText('Your key may not see this').waitFor();
  expect(await dashboard.look('no-permission')).toEqual([]);
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
