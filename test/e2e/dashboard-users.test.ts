import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { deliver, untilDrained } from '../support/live-pipeline.ts';
import { until } from '../support/until.ts';
import { sendCompanyEvents } from './company-events.ts';
import { DashboardBrowser } from './dashboard-browser.ts';

// Who is who: finding a user, seeing that two are one, merging them, and taking it back, with the usage that follows.

let dashboard: DashboardBrowser;

const AUDIENCE = 'power_users';

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  await sendCompanyEvents(dashboard);
  await deliver(dashboard.url, '/segment', [
    identify('ada.phone', { name: 'Ada L.', email: ' ADA.lovelace@example.com', billingUserId: 'cus_Ada01' }),
    {
      type: 'track',
      messageId: 'phone-1',
      userId: 'ada.phone',
      event: 'Message Sent',
      properties: { featureId: 'messages', delta: 40 },
    },
    identify(
      'ada.lovelace',
      { [AUDIENCE]: true },
      { personas: { computation_class: 'audience', computation_key: AUDIENCE } },
    ),
    identify(
      'ada.lovelace',
      { revenue_90_days: 1250.5 },
      { personas: { computation_class: 'trait', computation_key: 'revenue_90_days' } },
    ),
    identify('grace.hopper', { billingUserId: 'cus_Grace1' }),
  ]);
  await untilDrained(dashboard.dataDir, 60_000);
  await dashboard.signIn();
}, 180_000);
afterAll(async () => {
  await dashboard.stop();
});

const identify = (userId: string, traits: object, context: object = {}): object => ({
  type: 'identify',
  messageId: `identify-${userId}-${Object.keys(traits).join('-')}`,
  userId,
  traits,
  context,
});

const messagesOf = async (userId: string): Promise<number> =>
  await dashboard.page.evaluate<number>(
    `fetch('/api/usage?featureId=messages&userId=${userId}').then(async (response) => Number((await response.json()).total.sum))`,
  );

test('users are found by the beginning of an id, an email, an audience', async () => {
  const { page } = dashboard;
  await dashboard.open('/users');
  expect(await dashboard.look('users')).toEqual([]);
  await page.getByLabel('Search').fill('tim.berners.lee@example.com');
  await page.waitForURL(/query=tim/);
  await page.getByRole('link', { name: 'Tim Berners-Lee' }).waitFor();
  await untilRows(1);
  await dashboard.open(`/users?audience=${AUDIENCE}`);
  await untilRows(1);
  await page.getByLabel('Search').fill('nobody-');
  await page.getByText('Nobody fits').waitFor();
  await page.getByRole('button', { name: 'Show everybody' }).click();
  await page.getByRole('link', { name: 'Grace Hopper' }).waitFor();
});

async function untilRows(count: number): Promise<void> {
  await dashboard.page.waitForFunction(
    `document.querySelectorAll('[aria-label="Users"] tbody tr').length === ${String(count)}`,
  );
}

test('a user’s page shows who it is, where that was said, its usage, audiences and events', async () => {
  const { page } = dashboard;
  await dashboard.open('/users/ada.lovelace');
  await page.getByRole('heading', { name: 'Ada Lovelace', level: 1 }).waitFor();
  await page.getByText(AUDIENCE).first().waitFor();
  await page.getByText('1,250.5').waitFor();
  expect(await dashboard.look('user')).toEqual([]);
  await dashboard.open('/users/nobody');
  await page.getByText('There is no user with this id').waitFor();
});

test('two users with one email are merged, with their usage, and separated again', async () => {
  const { page } = dashboard;
  const [before, phone] = [await messagesOf('ada.lovelace'), await messagesOf('ada.phone')];
  expect(phone).toBe(40);
  await dashboard.open('/problems');
  await page.getByText('ada.lovelace@example.com').first().waitFor();
  expect(await dashboard.look('problems-shared-email')).toEqual([]);
  await dashboard.tabTo(page.getByRole('button', { name: 'Merge…' }));
  await page.keyboard.press('Enter');
  await page.getByRole('region', { name: 'What the merge would make of the two' }).waitFor();
  await dashboard.settled();
  expect(await dashboard.look('problems-merge')).toEqual([]);
  await dashboard.tabTo(page.getByRole('button', { name: 'Merge', exact: true }));
  await page.keyboard.press('Enter');
  await page.getByText('They are one user now.').waitFor();
  expect(await messagesOf('ada.lovelace')).toBe(before + phone);
  expect(await messagesOf('ada.phone')).toBe(before + phone);

  await dashboard.open('/users/ada.lovelace');
  const events = page.getByRole('region', { name: 'Events of this user' });
  await events.getByRole('link', { name: 'ada.lovelace' }).first().waitFor();
  await page.getByLabel('That carried the id').selectOption('ada.phone');
  await page.waitForURL(/id=ada\.phone/);
  await events.getByRole('link', { name: 'ada.phone' }).first().waitFor();
  expect(await events.getByRole('link', { name: 'ada.lovelace' }).count()).toBe(0);

  await dashboard.open('/problems/merges');
  expect(await dashboard.look('problems-merges')).toEqual([]);
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByRole('button', { name: 'Undo the merge' }).click();
  await page.getByText(/^undone/).waitFor();
  expect(await messagesOf('ada.lovelace')).toBe(before);
  expect(await messagesOf('ada.phone')).toBe(phone);
});

test('a group that is no duplicate is taken from the list', async () => {
  const { page } = dashboard;
  await dashboard.open('/problems');
  await page.getByRole('button', { name: 'Not duplicates' }).click();
  await page.getByRole('button', { name: 'They are different people' }).click();
  await page.getByText('No two users share an email').waitFor();
  await page.getByText('Noted.').waitFor();
  expect(await dashboard.look('problems-none')).toEqual([]);
});

test('users without a billing id are listed, and nobody else', async () => {
  const { page } = dashboard;
  await dashboard.open('/problems/missing-billing');
  await page.getByRole('link', { name: 'Alan Turing' }).waitFor();
  expect(await page.getByRole('link', { name: 'Grace Hopper' }).count()).toBe(0);
  expect(await dashboard.look('problems-missing-billing')).toEqual([]);
});

test('a file shows what each row would do, does just that, and changes nothing the second time', async () => {
  const { page } = dashboard;
  const file = {
    name: 'customers.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      '\uFEFFuserId,email,name,billingId\r\nalan.turing,,,cus_Alan01\r\n,new@example.com,"New, Customer",cus_New001\r\nx,not an email,,\r\n',
    ),
  };
  const choose = async (): Promise<void> => {
    await dashboard.open('/problems/imports');
    await page.getByLabel('CSV file').setInputFiles(file);
    await page.waitForURL(/imports\/import_/);
    await page.getByRole('region', { name: 'Rows of the import' }).waitFor();
  };
  await choose();
  expect(await dashboard.look('problems-import-dry-run')).toEqual([]);
  await page.getByRole('button', { name: 'Import 2 rows' }).click();
  await page.getByText('created', { exact: true }).first().waitFor();
  await page.getByRole('region', { name: 'Rows of the import' }).waitFor();
  expect(await dashboard.look('problems-import')).toEqual([]);
  await dashboard.open('/users?query=new%40example.com');
  await page.getByRole('link', { name: 'New, Customer' }).waitFor();
  await choose();
  await page.getByRole('button', { name: 'Nothing to import' }).waitFor();
  await dashboard.open('/problems/imports');
  await page.getByRole('region', { name: 'Imports' }).waitFor();
  expect(await dashboard.look('problems-imports')).toEqual([]);
});

test('everybody can be taken away as a file', async () => {
  const { page } = dashboard;
  await dashboard.open('/users');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export' }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(Buffer.from(String(chunk)));
  const lines = Buffer.concat(chunks).toString('utf8').trim().split('\r\n');
  expect(lines[0]).toBe('userId,email,name,billingId');
  expect(lines).toContain('alan.turing,alan.turing@example.com,Alan Turing,cus_Alan01');
});

test('a user is deleted for good only by who types its id', async () => {
  const { page } = dashboard;
  await dashboard.open('/users/ada.phone');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const erase = page.getByRole('button', { name: 'Delete for good' });
  expect(await erase.isDisabled()).toBe(true);
  expect(await dashboard.look('user-delete')).toEqual([]);
  await page.getByLabel('Type the id to confirm').fill('ada.phone');
  await erase.click();
  await page.getByText('The user is being erased').waitFor();
  // In the background, which takes as long as it takes.
  await until(
    'the user is erased',
    async () =>
      await page.evaluate<boolean>(`fetch('/api/users/ada.phone').then(({ status }) => status === 404)`),
    60_000,
  );
  await dashboard.open('/users/ada.phone');
  await page.getByText('There is no user with this id').waitFor();
});

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
