import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { until } from '../support/until.ts';
import { DashboardBrowser } from './dashboard-browser.ts';
import { callApi, EXPORTS, sendWaitingEvents } from './waiting-events.ts';

// From events that count for nothing to a rule of one's own: what the preview promises is what is counted.

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  const { url } = dashboard;
  for (const [id, name, unit] of [
    ['exports', 'Pages exported', 'page'],
    ['messages', 'Messages sent', 'message'],
    ['api-calls', 'API calls', 'call'],
  ]) {
    await callApi(url, 'POST', '/features', { id, name, unitLabel: unit, unitLabelPlural: `${unit ?? ''}s` });
  }
  await sendWaitingEvents(dashboard);
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

const field = (name: string): Locator => dashboard.page.getByRole('combobox', { name, exact: true });
const preview = (): Locator => dashboard.page.getByRole('region', { name: 'Preview' });

test('unmapped events are listed by name and reason, the largest group first', async () => {
  await dashboard.open('/unmapped');
  const rows = dashboard.page.getByRole('region', { name: 'Groups of unmapped events' }).getByRole('row');
  await rows.nth(4).waitFor();
  const texts = await rows.allInnerTexts();
  expect(texts[1]).toMatch(/Report Exported[^]*No rule matches\s+60\s+about \d/);
  expect(texts[2]).toMatch(/Message Sent/);
  expect(texts[3]).toMatch(/Search Performed[^]*Feature does not exist[^]*search[^]*9/);
  expect(texts[4]).toMatch(/API Called[^]*Amount is not a number/);
  expect(await dashboard.look('unmapped')).toEqual([]);
});

test('a group says what its events are like, and begins a rule for them', async () => {
  const { page } = dashboard;
  await dashboard.open('/unmapped');
  await page.getByRole('link', { name: 'Report Exported' }).click();
  await page.getByRole('heading', { name: 'Report Exported', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Events of this group' }).waitFor();
  await page.getByRole('region', { name: 'What the events carry' }).waitFor();
  await page.getByRole('link', { name: 'Use it' }).first().waitFor();
  expect(await dashboard.look('unmapped-group')).toEqual([]);
  await page.getByRole('link', { name: 'Create rule' }).click();
  await page.getByRole('heading', { name: 'New rule' }).waitFor();
  expect(await field('Name').inputValue()).toBe('Report Exported');
});

test('the preview follows the typing, and saving counts exactly what it said', async () => {
  const { page, url } = dashboard;
  await dashboard.open('/rules/new?event=Report+Exported');
  await field('Feature').click();
  await page.getByRole('option', { name: 'Pages exported' }).click();
  await preview()
    .getByText(`${String(EXPORTS)} of ${String(EXPORTS)} waiting events would count.`)
    .waitFor();

  await page.getByRole('button', { name: 'Add a condition' }).click();
  await field('Field').click();
  await page.getByRole('option', { name: 'properties.format' }).click();
  await field('Value').fill('pdf');
  await preview().getByText('20 of 60 waiting events would count.').waitFor();
  await page.getByRole('radio', { name: 'A number that the event has' }).check();
  await field('Field with the amount').fill('properties.pages');
  await preview().getByText('+210 pages').first().waitFor();
  await preview().getByRole('tab', { name: 'Near misses' }).click();
  await preview()
    .getByText(/The event has “(?:csv|xlsx)”/)
    .first()
    .waitFor();
  await page.getByLabel('Name of the rule').fill('Pages of PDF exports');
  expect(await dashboard.look('rule-new')).toEqual([]);

  await page.getByRole('button', { name: 'Save the rule' }).click();
  await page.getByRole('heading', { name: 'Pages of PDF exports', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Reprocessing' }).getByText('Done').waitFor();
  await page.getByText('20 now counted').waitFor();
  expect(await page.getByRole('link', { name: 'See the usage' }).getAttribute('href')).toBe(
    '/app/features/exports',
  );
  const usage = await callApi(url, 'GET', '/usage?featureId=exports');
  expect(usage).toMatchObject({ total: { sum: '210', count: 20 } });
  expect(await dashboard.look('rule')).toEqual([]);
});

test('what is wrong with a rule is said at its field, in the words of the API', async () => {
  const { page } = dashboard;
  await dashboard.open('/rules/new?event=Message+Sent');
  await field('Feature').click();
  await page.getByRole('option', { name: 'Pages exported' }).click();
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await field('Field').fill('plan');
  await field('Value').fill('email');
  await page.getByText('"plan" is not a field of a Segment event.').waitFor();
  expect(await field('Field').getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Comparison').selectOption('greater_than');
  await field('Field').fill('properties.count');
  await page.getByLabel('Number', { exact: true }).fill('many');
  await page.getByText('Write a number, for example 3 or 2.5.').waitFor();
  expect(await dashboard.look('rule-problems')).toEqual([]);
  await page.getByLabel('Number', { exact: true }).fill('1');
  await preview().getByText('24 of 24 waiting events would count.').waitFor();
});

test('a rule that somebody else has changed is not overwritten, and its history says who changed what', async () => {
  const { page, url } = dashboard;
  await dashboard.open('/rules');
  await page.getByRole('link', { name: 'Pages of PDF exports' }).click();
  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('heading', { name: 'Edit the rule' }).waitFor();
  const ruleId = /rul_\w+/.exec(page.url())?.[0] ?? '';
  await field('Value').fill('csv');
  await callApi(url, 'PATCH', `/rules/${ruleId}`, { name: 'Pages of PDFs' });
  await page.getByRole('button', { name: 'Save the change' }).click();
  await page.getByText('Somebody else has changed this rule').waitFor();
  await page.getByRole('button', { name: 'Load it as it is now' }).click();
  await page.getByText('Somebody else has changed this rule').waitFor({ state: 'detached' });
  expect(await page.getByLabel('Name of the rule').inputValue()).toBe('Pages of PDFs');
  await field('Value').fill('csv');
  await page.getByRole('button', { name: 'Save the change' }).click();
  await page.getByRole('heading', { name: 'Pages of PDFs', level: 1 }).waitFor();
  const job = page.getByRole('region', { name: 'Reprocessing' });
  await job.getByText('Rule "Pages of PDFs" changed').waitFor();
  await job.getByText('Done').waitFor();
  await job.getByText('20 now counted').waitFor();
  const history = page.getByRole('region', { name: 'History' });
  await history.getByText('Taken away: properties.format is “pdf”').waitFor();
  await history.getByText('Added: properties.format is “csv”').waitFor();
  await page.getByRole('button', { name: 'Switch off' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('Off', { exact: true }).waitFor();
  // News that has been read covers a part of the picture.
  await page.locator('.mantine-Notification-root').first().waitFor({ state: 'detached' });
  expect(await dashboard.look('rule-history')).toEqual([]);
});

test('what a rule has counted is taken back when it is deleted with that choice, to the unit', async () => {
  const { page, url } = dashboard;
  await dashboard.open('/rules');
  await page.getByRole('link', { name: 'Pages of PDFs' }).click();
  await page.getByRole('button', { name: 'Delete' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Take it back' }).check();
  expect(await dashboard.look('rule-delete')).toEqual([]);
  await dialog.getByRole('button', { name: 'Delete the rule' }).click();
  await page.getByRole('heading', { name: 'Reprocessing', level: 1 }).waitFor();
  // 20 as it was first, and 20 that it took after it was edited.
  await page.getByText(/^40 taken back/).waitFor();
  await page.getByText('Running').first().waitFor({ state: 'detached' });
  expect(await callApi(url, 'GET', '/usage?featureId=exports')).toMatchObject({
    total: { sum: '0', count: 0 },
  });
  await callApi(url, 'POST', '/rules', {
    name: 'Exports of paying teams',
    featureId: 'exports',
    event: { operator: 'equals', value: 'Report Exported' },
    conditions: [{ path: 'properties.plan', operator: 'in', value: ['pro', 'team'] }],
  });
});

test('what a rule has counted is counted again by the changed rule, and taken back with its switch, to the unit', async () => {
  const { page, url } = dashboard;
  const untilUsed = async (sum: string, count: number): Promise<void> => {
    const wanted = JSON.stringify({ sum, count });
    await until(
      `usage is ${wanted}`,
      async () => JSON.stringify(await callApi(url, 'GET', '/usage?featureId=exports')).includes(wanted),
      30_000,
    );
  };
  await dashboard.open('/rules');
  await page.getByRole('link', { name: 'Exports of paying teams' }).click();
  const job = page.getByRole('region', { name: 'Reprocessing' });
  await job.getByText('48 now counted').waitFor();
  await untilUsed('48', 48);

  await page.getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('radio', { name: 'The same for each event' }).check();
  await page.getByLabel('Amount', { exact: true }).fill('2.5');
  await page.getByRole('radio', { name: 'Count it again by the changed rule' }).check();
  await page.getByText('48 events would change.').waitFor();
  await page.getByText('+72 pages').waitFor();
  expect(await dashboard.look('rule-recount')).toEqual([]);
  await page.getByRole('button', { name: 'Save the change' }).click();
  await job.getByText('48 taken back').waitFor();
  await untilUsed('120', 48);

  await page.getByRole('button', { name: 'Switch off' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Take it back' }).check();
  await dialog.getByText('−120 pages, −48 events').waitFor();
  expect(await dashboard.look('rule-switch-off')).toEqual([]);
  await dialog.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('Off', { exact: true }).waitFor();
  await job.getByText('48 taken back').waitFor();
  await untilUsed('0', 0);

  await page.getByRole('button', { name: 'Switch on' }).click();
  await dialog.getByRole('button', { name: 'Switch on' }).click();
  await job.getByText('48 now counted').waitFor();
  await untilUsed('120', 48);
});

test('a rule is written and saved with the keyboard alone, and it is always seen where one is', async () => {
  const { page } = dashboard;
  await dashboard.open('/rules');
  await dashboard.tabTo(page.getByRole('link', { name: 'New rule' }));
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'New rule', level: 1 }).waitFor();
  await dashboard.tabTo(field('Name'));
  await page.keyboard.type('Message Sent');
  await dashboard.tabTo(page.getByRole('button', { name: 'Add a condition' }));
  await page.keyboard.press('Enter');
  await dashboard.tabTo(field('Field'), 'Shift+Tab');
  await page.keyboard.type('properties.channel');
  await dashboard.tabTo(field('Value'));
  await page.keyboard.type('email');
  await dashboard.tabTo(field('Feature'));
  await page.keyboard.type('Messages');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await preview().getByText('24 of 24 waiting events would count.').waitFor();
  await dashboard.tabTo(page.getByLabel('Name of the rule'));
  await page.keyboard.type('Messages by email');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Messages by email', level: 1 }).waitFor();
});

test('a Segment filter becomes rules', async () => {
  const { page } = dashboard;
  await dashboard.open('/rules/import');
  const filter = page.getByLabel('Filter', { exact: true });
  await filter.fill('event = "Message Sent" and');
  await page.getByRole('button', { name: 'Read the filter' }).click();
  await page.getByRole('alert').waitFor();
  await filter.fill('event = "Message Sent" and (properties.channel = "email" or properties.count > 1)');
  await page.getByRole('button', { name: 'Read the filter' }).click();
  await page.getByText('which takes 2 rules').waitFor();
  expect(await dashboard.look('rule-import')).toEqual([]);
  await page.getByRole('link', { name: 'Go on with this rule' }).first().click();
  expect(await field('Name').inputValue()).toBe('Message Sent');
  expect(await field('Value').inputValue()).toBe('email');
});

test('the feature that events name is created from their group, and they are counted', async () => {
  const { page, url } = dashboard;
  await dashboard.open('/unmapped');
  const row = page.getByRole('row', { name: /Search Performed/ });
  await row.getByRole('button', { name: 'Create the feature' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Id', { exact: true }).inputValue()).toBe('search');
  await dialog.getByLabel('Name', { exact: true }).fill('Searches');
  await dialog.getByRole('button', { name: 'Create the feature' }).click();
  await dialog.waitFor({ state: 'detached' });
  await dashboard.open('/reprocessing');
  await page.getByText('9 now counted').waitFor();
  expect(await callApi(url, 'GET', '/usage?featureId=search')).toMatchObject({ total: { count: 9 } });
  expect(await dashboard.look('reprocessing')).toEqual([]);
  await page.getByRole('link', { name: 'Rule "Exports of paying teams" enabled' }).click();
  await page.getByRole('heading', { name: 'Exports of paying teams', level: 1 }).waitFor();
  await page.getByRole('link', { name: 'All reprocessing' }).click();
  await page.getByRole('heading', { name: 'Reprocessing', level: 1 }).waitFor();
  await dashboard.open('/rules');
  expect(await dashboard.look('rules')).toEqual([]);
});

test('a read key sees rules and may not change them', async () => {
  const { page, url } = dashboard;
  const made = await callApi(url, 'POST', '/keys', { name: 'reader', scope: 'read' });
  const key = typeof made === 'object' && made !== null && 'secret' in made ? String(made.secret) : '';
  await page.context().clearCookies();
  await dashboard.signIn(key);
  await dashboard.open('/rules');
  await page.getByRole('link', { name: 'Exports of paying teams' }).waitFor();
  expect(await page.getByRole('link', { name: 'New rule' }).count()).toBe(0);
  await dashboard.open('/rules/new');
  await page.getByText('Your key may not see this').waitFor();
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
