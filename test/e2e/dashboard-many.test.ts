import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DashboardBrowser } from './dashboard-browser.ts';

// Lists of 100,000. The API has been told what to answer, in the browser: what is looked at is that the page asks for a part
// of it, shows that part, and goes on when somebody wants more. That the API finds such a part fast is for its own tests.

const MANY = 100_000;

let dashboard: DashboardBrowser;

beforeAll(async () => {
  dashboard = await DashboardBrowser.start();
  await dashboard.signIn();
}, 120_000);
afterAll(async () => {
  await dashboard.stop();
});

const AT = '2026-11-02T09:30:00.000Z';
const LISTS = [
  {
    view: '/users',
    api: 'users',
    region: 'Users',
    noun: 'users',
    row: (index: number) => ({
      userId: `user-${String(index)}`,
      userIds: [`user-${String(index)}`],
      email: `user-${String(index)}@example.com`,
      name: null,
      billingId: null,
      billingProvider: null,
      imported: false,
      audiences: {},
      computedTraits: {},
      flags: [],
      createdAt: AT,
      updatedAt: AT,
    }),
  },
  {
    view: '/events/search?by=user&userId=user-1',
    api: 'events',
    region: 'Events found',
    noun: 'events',
    row: (index: number) => ({
      messageId: `message-${String(index)}`,
      status: 'mapped',
      type: 'track',
      event: 'Message Sent',
      userId: 'user-1',
      timestamp: AT,
      receivedAt: AT,
      conflict: false,
    }),
  },
  {
    view: '/problems/merges',
    api: 'merges',
    region: 'Merges',
    noun: 'merges',
    row: (index: number) => ({
      id: `merge_${String(index)}`,
      survivorId: `user-${String(index)}`,
      absorbedId: `user-${String(index + MANY)}`,
      cause: 'identify',
      actor: 'identify',
      at: AT,
    }),
  },
] as const;

test.each(LISTS)(
  '$view asks for a page of 100,000 $noun, shows that page, and the next when it is wanted',
  async ({ view, api, region, noun, row }) => {
    const { page } = dashboard;
    const given: number[] = [];
    const route = new RegExp(`/api/${api}(?:\\?|$)`);
    await page.route(route, async (request) => {
      const asked = new URL(request.request().url()).searchParams;
      const start = Number(asked.get('cursor') ?? 0);
      const limit = Number(asked.get('limit') ?? 50);
      const rows = Array.from({ length: Math.min(limit, MANY - start) }, (_, index) => row(start + index));
      given.push(rows.length);
      await request.fulfill({ json: { [noun]: rows, cursor: String(start + rows.length) } });
    });
    await dashboard.open(view);
    const shown = page.getByRole('region', { name: region, exact: true }).locator('tbody tr');
    await shown.first().waitFor();
    expect(await shown.count()).toBe(given[0]);
    expect(given[0]).toBeLessThanOrEqual(100);
    await page.getByRole('button', { name: 'Show more' }).click();
    await shown.nth((given[0] ?? 0) + 1).waitFor();
    expect(given.length).toBe(2);
    expect(await shown.count()).toBe((given[0] ?? 0) + (given[1] ?? 0));
    await page.unroute(route);
  },
);

test('nothing on any page broke the policy or threw', () => {
  expect(dashboard.faults).toEqual([]);
});
