import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { untilDrained } from '../support/live-pipeline.ts';
import { INGEST_KEY } from '../support/runtime-process.ts';
import { DashboardBrowser } from './dashboard-browser.ts';
import { quarantineEvent } from './quarantined-event.ts';
import { callApi } from './waiting-events.ts';

// What arrives is seen as it arrives, found again, and explained.

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  await callApi(dashboard.url, 'POST', '/features', { id: 'messages', name: 'Messages' });
  await callApi(dashboard.url, 'POST', '/rules', {
    name: 'Exports as PDF',
    featureId: 'messages',
    event: { operator: 'equals', value: 'Report Exported' },
    conditions: [{ path: 'properties.format', operator: 'in', value: ['pdf', 'csv'] }],
  });
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

const send = async (body: object | object[]): Promise<void> => {
  await fetch(`${dashboard.url}/segment`, {
    method: 'POST',
    headers: { authorization: `Bearer ${INGEST_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
};

test('accepted and refused events appear by themselves, and holding still holds', async () => {
  const { page } = dashboard;
  await dashboard.open('/events');
  await page.getByText('Nothing has arrived yet').waitFor();
  await send([
    {
      type: 'track',
      messageId: 'ajs-next-1764081',
      userId: 'maya.okafor',
      event: 'Message Sent',
      properties: { featureId: 'messages' },
    },
    {
      type: 'track',
      messageId: 'ajs-next-1764082',
      userId: 'jonas.lindqvist',
      event: 'Report Exported',
      properties: { format: 'xlsx' },
    },
    { type: 'track', messageId: 'ajs-next-1764083', event: 'Nobody Knows' },
    { type: 'page', messageId: 'ajs-next-1764084', userId: 'maya.okafor' },
  ]);
  await send({
    type: 'track',
    messageId: 'ajs-next-1764081',
    userId: 'maya.okafor',
    event: 'Message Sent',
    properties: { featureId: 'messages' },
  });
  for (const [index, event] of ['Report Exported', 'Message Sent', 'Dashboard Opened'].entries()) {
    const properties = event === 'Message Sent' ? { featureId: 'messages', delta: 3 } : { format: 'csv' };
    const userId = ['kenji.tanaka', 'sofia.rossi', 'liam.byrne'][index];
    await send({ type: 'track', messageId: `ajs-next-176409${String(index)}`, userId, event, properties });
  }
  const feed = page.getByRole('list', { name: 'Latest requests' });
  await feed.getByText('Counted', { exact: true }).nth(2).waitFor();
  await feed.getByText('userId is missing').waitFor();
  await feed.getByText('Known already').waitFor();
  expect(await dashboard.look('events-live')).toEqual([]);

  await page.getByRole('button', { name: 'Pause' }).click();
  await page.waitForURL(/paused=1/);
  await page.getByText('Held still').waitFor();
  await send({
    type: 'identify',
    messageId: 'ajs-next-1764095',
    userId: 'priya.raman',
    traits: { name: 'Priya Raman' },
  });
  await untilDrained(dashboard.dataDir, 60_000);
  await page.getByRole('button', { name: 'Go on' }).click();
  await feed.getByText('User updated').waitFor();
});

test('an event is found by its user, and what is looked for stands in the address', async () => {
  const { page } = dashboard;
  await dashboard.open('/events/search');
  await page.getByLabel('User id').fill('jonas.lindqvist');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/userId=jonas/);
  await page
    .getByRole('region', { name: 'Events found' })
    .getByRole('link', { name: 'Report Exported' })
    .waitFor();
  await page.reload();
  await page
    .getByRole('region', { name: 'Events found' })
    .getByRole('link', { name: 'Report Exported' })
    .waitFor();
  expect(await dashboard.look('events-search')).toEqual([]);
  await page.getByLabel('Look for').selectOption('unmapped');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.waitForURL(/by=unmapped/);
  await page
    .getByRole('region', { name: 'Events found' })
    .getByRole('link', { name: 'jonas.lindqvist' })
    .waitFor();
  await page.getByLabel('Look for').selectOption('message');
  await page.getByLabel('Message id').fill('ajs-next-1764081');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Message Sent', level: 1 }).waitFor();
});

test('an event says why it does not count: the condition, what it asks for, and what the event has', async () => {
  const { page } = dashboard;
  await dashboard.open('/events/id/ajs-next-1764082');
  const rules = page.getByRole('region', { name: 'What the rules say' });
  await rules.getByText('is one of “pdf”, “csv”. The event has “xlsx”.').waitFor();
  await rules.getByRole('link', { name: 'Exports as PDF' }).waitFor();
  expect(await dashboard.look('event')).toEqual([]);
});

test('the body of an event keeps every digit', async () => {
  const { page, url } = dashboard;
  await fetch(`${url}/segment`, {
    method: 'POST',
    headers: { authorization: `Bearer ${INGEST_KEY}`, 'content-type': 'application/json' },
    body: '{"type":"track","messageId":"digits","userId":"ada","event":"Big","properties":{"n":12345678901234567890}}',
  });
  await dashboard.open('/events/id/digits');
  await page.getByText('12345678901234567890').waitFor();
});

test('quarantined events are sent back, several at once or all, and count', async () => {
  const { page, dataDir } = dashboard;
  const people = ['maya.okafor', 'jonas.lindqvist', 'priya.raman', 'kenji.tanaka'];
  for (const [index, userId] of people.entries()) {
    const properties = { featureId: 'messages', delta: index + 1 };
    await quarantineEvent(dataDir, {
      messageId: `ajs-next-quarantined-${String(index)}`,
      userId,
      properties,
    });
  }
  await dashboard.open('/events/quarantine');
  const rows = page.getByRole('region', { name: 'Quarantined events' }).locator('tbody tr');
  await rows.nth(3).waitFor();
  expect(await rows.first().innerText()).toContain('The stored body of an event cannot be read.');
  for (const index of [0, 2]) {
    await page.getByRole('checkbox', { name: `Choose ajs-next-quarantined-${String(index)}` }).check();
  }
  expect(await dashboard.look('events-quarantine')).toEqual([]);
  await page.getByRole('button', { name: 'Send 2 back' }).click();
  await rows.nth(2).waitFor({ state: 'detached' });
  expect(await rows.count()).toBe(2);
  for (const index of [0, 2]) {
    await dashboard.open(`/events/id/ajs-next-quarantined-${String(index)}`);
    await page.getByText('Counted', { exact: true }).first().waitFor();
  }
  await dashboard.open('/events/quarantine');
  await page.getByRole('button', { name: 'Send all back' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Send all back' }).click();
  await page.getByText('Nothing is quarantined').waitFor();
  await dashboard.open('/events/id/ajs-next-quarantined-3');
  await page.getByText('Counted', { exact: true }).first().waitFor();
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
