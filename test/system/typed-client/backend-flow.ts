import { apiClient, bearer, done, good, once, refusal, type ApiClient } from './api-client.ts';

// What a company's backend and its people do with Tallyhook, from the first sign-in to the revoked key, with nothing but the
// client that is made from the document. Returns what it saw; the test says what that must be.

export interface BackendFlow {
  readonly url: string;
  readonly adminKey: string;
  readonly called: (route: string) => void;
  /** Waits until it is true. */
  readonly until: (what: string, isSo: () => Promise<boolean>) => Promise<void>;
  /** Makes the pipeline quarantine this event, which no request can. */
  readonly quarantine: (messageId: string, featureId: string) => Promise<void>;
}

const RANGE = { from: '2026-11-01', to: '2026-12-01' };
const MESSAGES = { featureId: 'messages', ...RANGE };

/** Signs in as a person does: the cookie, and the token that every change sends. */
export async function signIn({ url, adminKey, called }: BackendFlow): Promise<ApiClient> {
  const anonymous = apiClient({ url, called });
  const { data, response } = await anonymous.POST('/api/session', { body: { key: adminKey } });
  const cookie = response.headers.getSetCookie()[0]?.split(';')[0];
  if (data === undefined || cookie === undefined) throw new Error('Nobody is signed in.');
  return apiClient({ url, called, headers: { cookie, 'X-CSRF-Token': data.csrfToken } });
}

export async function createKeys({ url, called }: BackendFlow, person: ApiClient) {
  const [ingest, read] = await Promise.all(
    (['ingest', 'read'] as const).map((scope) =>
      good(person.POST('/api/keys', { params: once(), body: { name: `Backend, ${scope}`, scope } })),
    ),
  );
  if (ingest === undefined || read === undefined) throw new Error('There are no keys.');
  await good(
    person.PATCH('/api/keys/{keyId}', {
      params: { path: { keyId: ingest.id }, ...once() },
      body: { signatureSecrets: [] },
    }),
  );
  const reader = apiClient({ url, called, headers: bearer(read.secret) });
  const refused = await refusal(reader.POST('/api/features', { body: { id: 'not mine' } }));
  return { ingest, read, reader, refused };
}

/** The same feature twice with one key, then another with that key. */
export async function createFeatures(person: ApiClient) {
  const create = (id: string, key?: string) =>
    person.POST('/api/features', { params: once(key), body: { id, unitLabel: 'message' } });
  const first = await create('messages', 'feature-1');
  const again = await create('messages', 'feature-1');
  const { id: other } = await good(create('other'));
  const featureId = { path: { featureId: other } };
  await good(person.PATCH('/api/features/{featureId}', { params: featureId, body: { name: 'Other' } }));
  const { name } = await good(person.GET('/api/features/{featureId}', { params: featureId }));
  await done(person.DELETE('/api/features/{featureId}', { params: featureId }));
  return {
    same: JSON.stringify(first.data) === JSON.stringify(again.data),
    replayed: again.response.headers.get('idempotent-replayed'),
    otherBody: await refusal(create('images', 'feature-1')),
    renamed: name,
    features: (await good(person.GET('/api/features'))).features.map(({ id }) => id),
  };
}

/** As Segment's webhook does; the address is in the API, what is sent in Segment's documentation. */
export async function sendEvents(reader: ApiClient, ingestKey: string, events: readonly object[]) {
  const { webhookUrl } = await good(reader.GET('/api/connection'));
  return await fetch(webhookUrl, {
    method: 'POST',
    headers: { ...bearer(ingestKey), 'content-type': 'application/json' },
    body: JSON.stringify(events),
  });
}

/** From the unmapped group to a suggested rule, its preview, the rule, and the job that reaches back. */
export async function mapUnmapped({ until }: BackendFlow, person: ApiClient) {
  await until('the events wait in the inbox', async () => {
    const { groups } = await good(person.GET('/api/unmapped'));
    return groups.find(({ event }) => event === 'Message Sent')?.count === 6;
  });
  const { suggestions } = await good(
    person.GET('/api/unmapped/{event}/suggest', { params: { path: { event: 'Message Sent' } } }),
  );
  const { rules } = await good(
    person.POST('/api/rules/import', {
      body: { filter: 'event = "Message Sent" and properties.plan = "pro"', language: 'trigger' },
    }),
  );
  const [imported] = rules;
  if (imported === undefined) throw new Error('The filter is no rule.');
  const body = {
    ...imported,
    name: 'Messages of pro',
    featureId: 'messages',
    delta: { path: 'properties.n' },
  };
  const preview = await good(person.POST('/api/rules/preview', { body }));
  const rule = await good(person.POST('/api/rules', { params: once(), body }));
  await until('the rule has reached the stored events', async () => {
    const { jobs } = await good(person.GET('/api/reprocessing', { params: { query: { limit: 5 } } }));
    return jobs.some(({ cause, status }) => cause.includes('Messages of pro') && status === 'done');
  });
  return { suggestions: suggestions.length, preview, rule };
}

/** Every window, everybody and each, whole and in pages. */
export async function readUsage(reader: ApiClient) {
  const usage = (query: object) =>
    good(reader.GET('/api/usage', { params: { query: { ...MESSAGES, ...query } } }));
  const windows = await Promise.all(
    (['hour', 'day', 'month'] as const).map(async (window) => (await usage({ window })).total),
  );
  const paged: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await usage({ by: 'user', limit: 1, ...(cursor !== undefined && { cursor }) });
    paged.push(...page.rows.map(({ userId, sum }) => `${userId ?? ''} ${sum}`));
    ({ cursor } = page);
  } while (cursor !== undefined);
  const csv = await good(
    reader.GET('/api/usage', {
      params: { query: { ...MESSAGES, userId: 'ada', format: 'csv' } },
      parseAs: 'text',
    }),
  );
  const { users: top } = await good(reader.GET('/api/usage/top', { params: { query: MESSAGES } }));
  return { windows, paged, csv, top, ada: (await usage({ userId: 'ada', window: 'month' })).rows };
}

/** How many events came in, by windows of every size. */
export const readArrivals = (reader: ApiClient) =>
  Promise.all(
    (['hour', 'day', 'month'] as const).map(async (window) => {
      return (await good(reader.GET('/api/arrivals', { params: { query: { window } } }))).total;
    }),
  );

export async function lookAtEvents(reader: ApiClient) {
  const list = async (query: NonNullable<Parameters<typeof listEvents>[1]>) =>
    (await listEvents(reader, query)).map(({ messageId }) => messageId);
  const path = { path: { messageId: 'm1' } };
  const event = await good(reader.GET('/api/events/{messageId}', { params: path }));
  const explanation = await good(reader.GET('/api/events/{messageId}/explain', { params: path }));
  const { entries } = await good(reader.GET('/api/feed', { params: { query: { limit: 20 } } }));
  return {
    ofUser: await list({ userId: 'ada', status: 'mapped' }),
    unmapped: await list({ status: 'unmapped', event: 'Message Sent' }),
    everything: await refusal(reader.GET('/api/events', { params: { query: { status: 'mapped' } } })),
    event,
    explanation,
    refusals: entries.flatMap(({ rejections }) => rejections.map(({ code }) => code)),
    accepted: entries.reduce((sum, entry) => sum + entry.accepted, 0),
    overview: await good(reader.GET('/api/overview')),
  };
}

async function listEvents(
  reader: ApiClient,
  query: { userId?: string; status?: 'mapped' | 'unmapped' | 'quarantined'; event?: string },
) {
  return (await good(reader.GET('/api/events', { params: { query } }))).events;
}

/** Two users become one and two again; usage is read at each step. */
export async function mergeAndUndo(person: ApiClient) {
  const sumOf = async (userId: string): Promise<string> =>
    (await good(person.GET('/api/usage', { params: { query: { ...MESSAGES, userId } } }))).total.sum;
  const { effect } = await good(
    person.POST('/api/users/resolve', {
      body: { userId: 'bob', traits: { email: 'ada@example.com' } },
    }),
  );
  const { users } = await good(person.GET('/api/users', { params: { query: { query: 'ada@example.com' } } }));
  const { groups } = await good(person.GET('/api/flags/shared-email'));
  const before = await sumOf('ada');
  const body = { survivorId: 'ada', absorbedId: 'bob' };
  const dry = await good(person.POST('/api/users/merge', { body: { ...body, dryRun: true } }));
  const { merge } = await good(person.POST('/api/users/merge', { params: once(), body }));
  const merged = await sumOf('ada');
  const { userIds } = await good(person.GET('/api/users/{userId}', { params: { path: { userId: 'bob' } } }));
  const { merges } = await good(person.GET('/api/merges', { params: { query: { userId: 'ada' } } }));
  const path = { mergeId: merge?.id ?? '' };
  await good(person.POST('/api/merges/{mergeId}/undo', { params: { path, ...once() } }));
  await done(
    person.POST('/api/flags/shared-email/{email}/dismiss', {
      params: { path: { email: 'ada@example.com' }, ...once() },
    }),
  );
  const flagged = (await good(person.GET('/api/flags/missing-billing'))).count;
  return {
    effect,
    found: users.map(({ userId }) => userId),
    groups: groups.map(({ email }) => email),
    sums: [before, dry.usage.result[0]?.sum, merged, await sumOf('ada'), await sumOf('bob')],
    userIds: userIds.toSorted(),
    merges: merges.length,
    flagged,
  };
}

export async function reconcile({ until }: BackendFlow, person: ApiClient) {
  const { id } = await good(person.POST('/api/reconcile', { params: once() }));
  // Another wish while it runs is the same one; afterwards a new one.
  await good(person.POST('/api/reconciliations', { params: once() }));
  const params = { path: { reconciliationId: id } };
  const read = () => good(person.GET('/api/reconciliations/{reconciliationId}', { params }));
  await until('the reconciliation has ended', async () => (await read()).status !== 'running');
  const listed = (await good(person.GET('/api/reconciliations'))).reconciliations.map((known) => known.id);
  return { ...(await read()), isListed: listed.includes(id) };
}

export async function redriveQuarantined(flow: BackendFlow, person: ApiClient) {
  await flow.quarantine('poison', 'messages');
  const quarantined = (await listEvents(person, { status: 'quarantined' })).map(({ messageId }) => messageId);
  const params = once('redrive-1');
  const body = { messageIds: ['poison'] };
  const first = await good(person.POST('/api/quarantine/redrive', { params, body }));
  const again = await good(person.POST('/api/quarantine/redrive', { params, body }));
  await flow.until('the event is counted', async () => {
    const path = { messageId: 'poison' };
    return (await good(person.GET('/api/events/{messageId}', { params: { path } }))).status === 'mapped';
  });
  return { quarantined, redriven: [first.redriven, again.redriven] };
}

/** An edit that counts again, then a deletion that takes it all back. */
export async function changeThePast({ until }: BackendFlow, person: ApiClient, ruleId: string) {
  const path = { ruleId };
  const rule = await good(person.GET('/api/rules/{ruleId}', { params: { path } }));
  const body = { featureId: rule.featureId, event: rule.event, conditions: rule.conditions };
  const planned = await good(
    person.POST('/api/rules/{ruleId}/impact', { params: { path }, body: { ...body, delta: { value: '2' } } }),
  );
  const isDone = async (jobId: string | undefined): Promise<void> => {
    const params = { path: { jobId: jobId ?? '' } };
    await until('the past has been changed', async () => {
      const { status } = await good(person.GET('/api/reprocessing/{jobId}', { params }));
      return status === 'done';
    });
  };
  const sum = async (): Promise<string> =>
    (await good(person.GET('/api/usage', { params: { query: MESSAGES } }))).total.sum;
  const changed = await good(
    person.PATCH('/api/rules/{ruleId}', {
      params: { path, query: { recount: '1' }, ...once() },
      body: { version: rule.version, delta: { value: '2' } },
    }),
  );
  await isDone(changed.jobId);
  const recounted = await sum();
  const taken = await good(
    person.GET('/api/rules/{ruleId}/impact', { params: { path, query: { change: 'revert' } } }),
  );
  const { jobId } = await good(
    person.DELETE('/api/rules/{ruleId}', { params: { path, query: { revert: '1' }, ...once() } }),
  );
  await isDone(jobId);
  const { versions } = await good(person.GET('/api/rules/{ruleId}/history', { params: { path } }));
  const { rules } = await good(person.GET('/api/rules'));
  return {
    planned: planned.usage,
    recounted,
    taken: taken.usage,
    left: await sum(),
    history: versions.map(({ change }) => change),
    rules: rules.length,
  };
}

/** Files, billing providers, settings, erasure: what is left of the document. */
export async function doTheRest({ until }: BackendFlow, person: ApiClient) {
  const csv = 'userId,name\r\ncarl,Carl\r\n';
  const upload = (dryRun: '0' | '1') =>
    good(
      person.POST('/api/users/import', {
        params: { query: { dryRun }, ...once() },
        headers: { 'content-type': 'text/csv' },
        body: csv,
        bodySerializer: (text) => text,
      }),
    );
  const verdicts = [];
  for (const dryRun of ['1', '0', '1'] as const) {
    const answer = await upload(dryRun);
    verdicts.push('rows' in answer ? answer.rows[0]?.verdict : undefined);
  }
  const [latest] = (await good(person.GET('/api/imports'))).imports;
  const path = { importId: latest?.id ?? '' };
  const { rows } = await good(person.GET('/api/imports/{importId}/rows', { params: { path } }));
  await good(person.GET('/api/imports/{importId}', { params: { path } }));
  await good(person.GET('/api/imports/{importId}/rows.csv', { params: { path }, parseAs: 'text' }));
  const exported = await good(person.GET('/api/users/export.csv', { parseAs: 'text' }));
  const providers = [
    await refusal(person.POST('/api/imports/stripe', { params: once() })),
    await refusal(person.POST('/api/imports/chargebee', { params: once() })),
  ];
  await good(person.PATCH('/api/settings', { params: once(), body: { chargebee: { enabled: true } } }));
  const { chargebee } = await good(person.GET('/api/settings'));
  const { erasureId } = await good(
    person.DELETE('/api/users/{userId}', { params: { path: { userId: 'carl' }, ...once() } }),
  );
  await until('the user is gone', async () => {
    const { response } = await person.GET('/api/users/{userId}', { params: { path: { userId: 'carl' } } });
    return response.status === 404;
  });
  const erasure = await good(person.GET('/api/erasures/{erasureId}', { params: { path: { erasureId } } }));
  return {
    verdicts,
    rows: rows.length,
    exported: exported.includes('carl,,Carl,'),
    providers,
    chargebee: chargebee.enabled,
    erasure: erasure.erasureId === erasureId,
  };
}

/** The keys go, then the session. */
export async function leave(person: ApiClient, keyIds: readonly string[]) {
  for (const keyId of keyIds)
    await done(person.DELETE('/api/keys/{keyId}', { params: { path: { keyId }, ...once() } }));
  const { keys } = await good(person.GET('/api/keys'));
  const { caller } = await good(person.GET('/api/session'));
  await done(person.DELETE('/api/session'));
  return {
    revoked: keys.filter(({ id, revokedAt }) => keyIds.includes(id) && revokedAt !== undefined).length,
    caller,
    afterwards: await refusal(person.GET('/api/session')),
  };
}
