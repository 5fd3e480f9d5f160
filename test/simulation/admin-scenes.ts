import { ApiClient, listOf } from './api-client.ts';
import { MINUTE } from './deployment.ts';
import { failsFirst } from './fails-first.ts';
import { losesFirst } from './loses-first.ts';
import { noise } from './load.ts';
import type { Play, Scene } from './play.ts';
import { Random } from './random.ts';
import type { JsonRecord } from './wire-item.ts';

// Scenes of people at the admin API: each change is made once, whatever fails on the way, and each answer to a question is
// the one that is given when nothing fails.

const FEATURE = { id: 'exports', name: 'Exports' };
const RULE = {
  name: 'Exports',
  featureId: 'exports',
  event: { operator: 'equals', value: 'Report Exported' },
  conditions: [],
};

function expectSame(what: string, found: unknown, wanted: unknown): void {
  const [left, right] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (left !== right) throw new Error(`${what}: ${left} and not ${right}`);
}

/** One rule of this name, however often it was asked for. */
async function createRule(api: ApiClient, rule: typeof RULE = RULE): Promise<string> {
  const mine = async (): Promise<readonly JsonRecord[]> =>
    listOf(await api.read('/api/rules'), 'rules').filter(({ name }) => name === rule.name);
  await api.change('POST', '/api/rules', { body: rule, isMade: async () => (await mine()).length > 0 });
  const rules = await mine();
  expectSame(`rules named ${rule.name}`, rules.length, 1);
  return String(rules[0]?.['id']);
}

const createFeature = (api: ApiClient, body: JsonRecord = FEATURE): Promise<JsonRecord> =>
  api.change('POST', '/api/features', {
    body,
    madeCode: 'already_exists',
    isMade: () => Promise.resolve(false),
  });

/** Follows a list page by page; returns its rows. */
async function readAll(api: ApiClient, path: string, name: string): Promise<readonly JsonRecord[]> {
  const rows: JsonRecord[] = [];
  for (let cursor: unknown; ;) {
    const more = typeof cursor === 'string' ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = await api.read(`${path}${more}`);
    rows.push(...listOf(page, name));
    cursor = page['cursor'];
    if (cursor === undefined) return rows;
  }
}

/** Some of everything, for questions. */
async function someOfEverything(play: Play): Promise<void> {
  await play.feature('exports');
  await play.rule('exports');
  await play.send(
    play.identify('ada', { email: 'a@x.test', billingId: 'cus_1' }),
    play.identify('ben', { email: 'a@x.test' }),
    play.track('ada'),
    play.track('ben'),
    play.track('ben', { name: 'Report Opened' }),
    play.track('cleo', { featureId: 'seats', noise: noise(new Random(1)) }),
    play.track('ada', { name: 'Audience Entered', more: '"audience_key":"vip","vip":true' }),
  );
  await play.settle();
  await play.merge('ada', 'cleo');
  await play.settle();
}

const asked = (name: string, ask: (api: ApiClient, play: Play) => Promise<void>): Scene => ({
  name,
  run: async (play) => {
    await someOfEverything(play);
    await ask(new ApiClient(play), play);
  },
});

const CHANGES: readonly Scene[] = [
  {
    name: 'a feature is made, changed, archived and deleted over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await createFeature(api);
      await createFeature(api, { id: 'seats' });
      await api.change('PATCH', '/api/features/exports', { body: { name: 'Reports', archived: true } });
      await api.change('PATCH', '/api/features/exports', { body: { archived: false } });
      await api.change('DELETE', '/api/features/seats', { madeCode: 'not_found' });
      expectSame(
        'features',
        await readAll(api, '/api/features?limit=1', 'features').then((all) =>
          all.map(({ id, name }) => [id, name]),
        ),
        [['exports', 'Reports']],
      );
    },
  },
  {
    name: 'a rule is made, edited with a recount, and deleted with a revert over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await createFeature(api);
      await play.send(play.track('ada'), play.track('ben'));
      await play.settle();
      const id = await createRule(api);
      await play.settle();
      await api.read(`/api/rules/${id}/impact?change=revert`);
      await api.change('PATCH', `/api/rules/${id}?recount=1`, { body: { delta: { value: '3' } } });
      await play.settle();
      await api.read(`/api/rules/${id}`);
      await api.read(`/api/rules/${id}/history`);
      await api.change('DELETE', `/api/rules/${id}?revert=1`, { madeCode: 'not_found' });
      await play.settle();
      await api.refused('DELETE', `/api/rules/${id}?revert=1`, 'not_found');
      const jobs = listOf(await api.read('/api/reprocessing'), 'jobs');
      for (const { id: jobId } of jobs) await api.read(`/api/reprocessing/${String(jobId)}`);
    },
  },
  {
    name: 'two users are merged, set apart and dismissed over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await play.send(
        play.identify('ada', { email: 'a@x.test' }),
        play.identify('ben', { email: 'a@x.test' }),
      );
      await play.send(play.track('ben'));
      await play.settle();
      const wish = { survivorId: 'ada', absorbedId: 'ben' };
      await api.change('POST', '/api/users/merge', { body: { ...wish, dryRun: true } });
      const merges = () => readAll(api, '/api/merges?limit=1', 'merges');
      await api.change('POST', '/api/users/merge', {
        body: wish,
        madeCode: 'not_possible',
        isMade: async () => (await merges()).length > 0,
      });
      const [merge, ...more] = await merges();
      expectSame('merges', more.length, 0);
      await api.change('POST', `/api/merges/${String(merge?.['id'])}/undo`, {
        madeCode: 'version_conflict',
      });
      await api.change('POST', '/api/flags/shared-email/a%40x.test/dismiss', {});
      expectSame('groups', await readAll(api, '/api/flags/shared-email?limit=1', 'groups'), []);
    },
  },
  {
    name: 'a user is deleted over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await play.send(play.identify('ada', { email: 'a@x.test' }), play.track('ada'));
      await play.settle();
      const receipt = await api.change('DELETE', '/api/users/ada');
      const id = receipt['erasureId'];
      if (typeof id !== 'string') throw new Error('An erasure has no receipt.');
      play.stage.ledger.erasing.acknowledged.add(id);
      await play.settle();
      await api.read(`/api/erasures/${id}`);
    },
  },
  {
    name: 'a key is made, given a signature secret, used and revoked over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      const list = () => api.read('/api/keys').then((body) => listOf(body, 'keys'));
      const isMade = async (): Promise<boolean> => (await list()).some(({ name }) => name === 'reader');
      const created = await api.change('POST', '/api/keys', {
        body: { name: 'reader', scope: 'read' },
        isMade,
      });
      const readers = (await list()).filter(({ name }) => name === 'reader');
      expectSame('keys that were made', readers.length, 1);
      const secret = created['secret'];
      if (typeof secret === 'string')
        await api.read('/api/features', 'GET', { headers: { authorization: `Bearer ${secret}` } });
      for (const { id } of readers) await api.change('DELETE', `/api/keys/${String(id)}`, {});
      const sender = (await list()).find(({ scope }) => scope === 'ingest');
      await api.change('PATCH', `/api/keys/${String(sender?.['id'])}`, { body: { signatureSecrets: ['s'] } });
      await api.change('PATCH', `/api/keys/${String(sender?.['id'])}`, { body: { signatureSecrets: [] } });
      const left = (await list()).filter(({ revokedAt }) => revokedAt === undefined);
      expectSame(
        'keys',
        left.map(({ name, signatureSecretCount }) => [name, signatureSecretCount]),
        [['simulation', undefined]],
      );
    },
  },
  {
    name: 'settings are changed over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await api.change('PATCH', '/api/settings', { body: { chargebee: { enabled: true } } });
      await play.send(play.identify('ada', { billingId: 'of-chargebee' }));
      await play.settle();
      const { history } = await api.read('/api/settings');
      expectSame('changes of settings', Array.isArray(history) ? history.length : history, 1);
    },
  },
];

/** Places that commit what the scenes above ask for, and some others of the same stores. */
const COMMITS =
  /^adapters\/(?:(?:config|identity)-commit\.ts|erasure-store\.ts|api-keys\.ts:\d+ < adapters\/api-keys\.ts).*functions\/admin\/routes/;

export const ADMIN_SCENES: readonly Scene[] = [
  ...CHANGES,
  ...CHANGES.map((scene) => ({
    ...scene,
    name: `${scene.name}, and nobody hears of it`,
    failing: losesFirst(COMMITS, 9),
  })),
  {
    name: 'somebody signs in, looks about, makes a change and signs out',
    run: async (play) => {
      const api = new ApiClient(play);
      const session = { ...(await api.signIn()), authorization: '' };
      await api.read('/api/session', 'GET', { headers: session });
      await play.stage.scheduler.sleep(6 * MINUTE);
      await api.read('/api/overview', 'GET', { headers: session });
      await api.change('POST', '/api/features', {
        body: FEATURE,
        headers: session,
        madeCode: 'already_exists',
        isMade: () => Promise.resolve(false),
      });
      await api.change('DELETE', '/api/session', {
        headers: session,
        madeCode: 'invalid_session',
        isKeyless: true,
      });
    },
  },
  {
    name: 'all usage is compared with the events over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await play.feature('exports');
      await play.send(play.track('ada', { featureId: 'exports' }));
      await play.settle();
      const { id } = await api.change('POST', '/api/reconciliations', {});
      await play.settle();
      if (typeof id === 'string') play.stage.ledger.reconciliations.add(id);
      for (const each of listOf(await api.read('/api/reconciliations'), 'reconciliations'))
        await api.read(`/api/reconciliations/${String(each['id'])}`);
    },
  },
  {
    name: 'events that could not be processed are sent back over the API',
    run: async (play) => {
      const api = new ApiClient(play);
      await play.feature('exports');
      const events = Array.from({ length: 12 }, () => play.track('ada', { featureId: 'exports' }));
      await play.send(...events);
      for (const event of events) play.spoil(event);
      await play.stage.scheduler.sleep(60 * MINUTE);
      await readAll(api, '/api/events?status=quarantined&limit=5', 'events');
      for (const event of events) play.mend(event);
      const [first] = events;
      await api.change('POST', '/api/quarantine/redrive', { body: { messageIds: [first?.messageId] } });
      for (let left = true; left;) {
        const { remaining } = await api.change('POST', '/api/quarantine/redrive', { body: { all: true } });
        left = remaining !== 0;
      }
      await play.settle();
      expectSame(
        'events in quarantine',
        await readAll(api, '/api/events?status=quarantined&limit=5', 'events'),
        [],
      );
    },
  },
  {
    name: 'a feature cannot be stored for a while',
    failing: failsFirst(/^adapters\/config-commit\.ts.*functions\/admin/, 6),
    run: async (play) => {
      const api = new ApiClient(play);
      await createFeature(api);
      expectSame('features', (await readAll(api, '/api/features?limit=1', 'features')).length, 1);
    },
  },
  {
    name: 'a reconciliation cannot be handed on for a while',
    failing: failsFirst(/^adapters\/send-all\.ts.*functions\/admin/, 1),
    run: async (play) => {
      const api = new ApiClient(play);
      const { id } = await api.change('POST', '/api/reconciliations', {});
      await play.settle();
      if (typeof id === 'string') play.stage.ledger.reconciliations.add(id);
    },
  },
  asked('somebody asks for features, rules and what they would do', async (api) => {
    await readAll(api, '/api/features?limit=1', 'features');
    const [rule] = await readAll(api, '/api/rules?limit=1', 'rules');
    await api.read('/api/features/exports');
    await api.read(`/api/rules/${String(rule?.['id'])}/impact`, 'POST', {
      body: { ...RULE, delta: { value: '2' } },
    });
    await api.read('/api/rules/preview', 'POST', {
      body: { ...RULE, event: { operator: 'contains', value: 'Report' } },
    });
    await api.read('/api/connection');
    await api.read('/api/overview');
    await api.read('/api/feed');
  }),
  asked('somebody asks for usage', async (api) => {
    const days = 'from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z';
    await readAll(api, `/api/usage?${days}&limit=1`, 'rows');
    await readAll(api, `/api/usage?${days}&by=user&limit=1`, 'rows');
    await api.read(`/api/usage?${days}&userId=ada`);
    await api.read(`/api/usage?${days}&userId=ada&featureId=exports&window=hour`);
    await api.read(`/api/usage?${days}&featureId=exports&format=csv`);
    await api.read(`/api/usage/top?${days}&featureId=exports`);
  }),
  asked('somebody asks for events and what became of them', async (api, play) => {
    await readAll(api, '/api/events?userId=ben&limit=1', 'events');
    await readAll(api, '/api/events?status=unmapped&event=Report%20Opened&limit=1', 'events');
    await readAll(api, '/api/unmapped?limit=1', 'groups');
    await api.read('/api/unmapped/Report%20Opened/suggest');
    await api.refused('GET', '/api/events/of-nobody', 'not_found');
    await api.refused('GET', '/api/events/of-nobody/explain', 'not_found');
    for (const messageId of play.stage.ledger.messages.keys()) {
      await api.read(`/api/events/${messageId}`);
      await api.read(`/api/events/${messageId}/explain`);
    }
  }),
  asked('somebody asks for users', async (api) => {
    await readAll(api, '/api/users?limit=1', 'users');
    await api.read('/api/users?query=a');
    await api.read('/api/users?query=a%40x.test');
    await api.read('/api/users?query=cus_1');
    await api.read('/api/users?query=~of-nobody');
    await readAll(api, '/api/users?billing=missing&limit=1', 'users');
    await readAll(api, '/api/users?audience=vip&limit=1', 'users');
    await api.read('/api/users/ada');
    await api.read('/api/users/cleo');
    await api.read('/api/users/export.csv');
    await readAll(api, '/api/flags/missing-billing?limit=1', 'users');
    await readAll(api, '/api/flags/shared-email?limit=1', 'groups');
    await api.read('/api/users/resolve', 'POST', {
      body: { userId: 'ben', traits: { email: 'a@x.test', name: 'Ben' } },
    });
  }),
];
