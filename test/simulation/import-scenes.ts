import { ApiClient, listOf } from './api-client.ts';
import { failsFirst } from './fails-first.ts';
import { toFunctionUrlEvent } from './http-request.ts';
import type { Play, Scene } from './play.ts';
import { CHARGEBEE_LOGIN } from './secret-values.ts';
import { isRecord } from './wire-item.ts';

// Scenes of users who come from files and from billing providers: each row has one verdict and each user is there once,
// whatever fails on the way.

const CSV = { 'content-type': 'text/csv' };
/** More rows than are answered at once. */
const MANY = 501;

const fileOf = (rows: number): string =>
  [
    'userId,email,name,billingId',
    ...Array.from(
      { length: rows },
      (_, row) => `u${String(row)},u${String(row)}@x.test,User ${String(row)},cus_${String(row)}`,
    ),
  ].join('\r\n');

/** Uploads a file until it is taken; a repetition changes no user once more. */
async function importFile(play: Play, api: ApiClient, rows: number, dryRun = false): Promise<void> {
  await api.change('POST', `/api/users/import${dryRun ? '?dryRun=1' : ''}`, {
    text: fileOf(rows),
    headers: CSV,
    isMade: () => Promise.resolve(false),
  });
  for (let tries = 0; tries < 60; tries += 1) {
    await play.settle();
    const all = listOf(await api.read('/api/imports'), 'imports');
    if (all.some(({ status }) => status === 'running')) continue;
    const [newest] = all;
    if (newest?.['done'] !== rows)
      throw new Error(`An import of ${String(rows)} rows ended with ${JSON.stringify(newest)}`);
    return;
  }
  throw new Error('An import never ends.');
}

/** A provider repeats its webhook until it is answered with success. */
async function tell(play: Play, type: string, customer: object): Promise<void> {
  const { username, password } = CHARGEBEE_LOGIN;
  const event = toFunctionUrlEvent({
    path: '/api/webhooks/chargebee',
    key: '',
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}` },
    body: JSON.stringify({
      id: `ev_${String(play.now)}`,
      occurred_at: Math.floor(play.now / 1000),
      event_type: type,
      content: { customer },
    }),
  });
  await play.ask(async () => {
    const ended = await play.stage.deployment.webhook(event);
    if (ended.kind === 'threw') throw new Error('The imports function threw at a webhook.');
    if (ended.kind === 'gone') return ended;
    const status: unknown = isRecord(ended.result) ? ended.result['statusCode'] : undefined;
    if (status !== 200 && status !== 503) throw new Error(`A webhook is answered with ${String(status)}.`);
    return status === 200 ? ended : { kind: 'gone' as const };
  });
}

export const IMPORT_SCENES: readonly Scene[] = [
  {
    name: 'a small file is tried, imported and imported again',
    run: async (play) => {
      const api = new ApiClient(play);
      await play.send(play.identify('zoe', { email: 'u1@x.test' }));
      await play.settle();
      await importFile(play, api, 3, true);
      await importFile(play, api, 3);
      await importFile(play, api, 3);
      const [last] = listOf(await api.read('/api/imports?limit=1'), 'imports');
      const id = String(last?.['id']);
      await api.read(`/api/imports/${id}`);
      await api.read(`/api/imports/${id}/rows`);
      await api.read(`/api/imports/${id}/rows.csv`);
    },
  },
  {
    name: 'a large file is tried in the background',
    run: async (play) => {
      await importFile(play, new ApiClient(play), MANY, true);
    },
  },
  {
    name: 'a large file is tried while its store is away',
    failing: failsFirst(/^adapters\/import-store\.ts.*functions\/imports/, 1),
    run: async (play) => {
      await importFile(play, new ApiClient(play), MANY, true);
    },
  },
  {
    name: 'a provider tells of a customer who is created, changed and deleted',
    run: async (play) => {
      const api = new ApiClient(play);
      await api.change('PATCH', '/api/settings', { body: { chargebee: { enabled: true } } });
      const customer = { id: 'cb-1', email: 'c@x.test', first_name: 'Cleo' };
      await tell(play, 'customer_created', { ...customer, resource_version: play.now });
      await play.settle();
      await tell(play, 'customer_changed', {
        ...customer,
        first_name: 'Cleopatra',
        resource_version: play.now,
      });
      await play.settle();
      await tell(play, 'customer_deleted', { ...customer, resource_version: play.now });
    },
  },
];
