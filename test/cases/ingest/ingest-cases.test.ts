import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { toIso } from '../../../core/timestamp.ts';
import { sendRaw, startIngestServer, type IngestServer } from '../../support/ingest-server.ts';
import { createPipeline, startEngines, type Engines, type Pipeline } from '../../support/pipeline.ts';
import { usageOf } from '../../support/usage-of.ts';
import { readCaseFiles, toWire, type CaseAnswer, type CaseRequest, type IngestCase } from './ingest-case.ts';

// Runs the JSON files of this folder: every case on empty tables, over real HTTP.

let engines: Engines;
let pipeline: Pipeline;
let server: IngestServer;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});

for (const { about, cases } of readCaseFiles()) {
  describe(about, () => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', async (_, each) => {
      pipeline = await createPipeline(engines);
      server = await startIngestServer(pipeline.ingest);
      try {
        await run(each);
      } finally {
        await server.stop();
      }
    });
  });
}

async function run({ signatureSecrets, request, answer, steps = [], then = {} }: IngestCase): Promise<void> {
  const features = [{ id: 'f1', archived: false, generation: 1 }];
  await pipeline.saveRuleset({ ...EMPTY_SNAPSHOT, generation: 1, features });
  if (signatureSecrets !== undefined) {
    const [key] = await pipeline.keys.list();
    await pipeline.keys.setSignatureSecrets(key?.id ?? '', signatureSecrets);
  }
  const all = request !== undefined && answer !== undefined ? [{ request, answer }, ...steps] : steps;
  for (const step of all) await exchange(step.request, step.answer);
  await pipeline.drainEvents();
  const records = await pipeline.events.records(idsIn(then).map(eventKeyOf));
  const recordOf = (messageId: string) => records.get(eventKeyOf(messageId));
  for (const [messageId, state] of Object.entries(then.states ?? {}))
    expect([messageId, recordOf(messageId)?.state ?? null]).toEqual([messageId, state]);
  for (const [messageId, time] of Object.entries(then.times ?? {}))
    expect([messageId, toIso(recordOf(messageId)?.time ?? 0)]).toEqual([messageId, time]);
  for (const [messageId, note] of Object.entries(then.timeNotes ?? {}))
    expect([messageId, recordOf(messageId)?.timeNote]).toEqual([messageId, note]);
  for (const [messageId, reason] of Object.entries(then.reasons ?? {}))
    expect([messageId, recordOf(messageId)?.reason]).toEqual([messageId, reason]);
  for (const [userId, sum] of Object.entries(then.usage ?? {})) {
    const usage = await usageOf(pipeline, { userId, featureId: 'f1', day: '2026-11-23' });
    expect([userId, usage.sum]).toEqual([userId, sum]);
  }
  for (const [userId, profile] of Object.entries(then.users ?? {})) {
    const user = await pipeline.users.get(userId);
    const said = Object.entries(user?.profile ?? {}).map(([name, field]) => [name, field.value]);
    expect([userId, user === undefined ? null : Object.fromEntries(said)]).toEqual([userId, profile]);
  }
  if (then.feed !== undefined) {
    const entries = await pipeline.feed.latest(100);
    const codes = entries.flatMap(({ rejections }) =>
      rejections.flatMap(({ code, count }) => new Array<string>(count).fill(code)),
    );
    expect(codes.sort()).toEqual([...then.feed].sort());
  }
  const stored = await storedEvents();
  if (then.events !== undefined) expect(stored).toHaveLength(then.events);
  if (then.conflicts !== undefined) {
    const conflicts = stored.filter(({ record }) => record.conflictAt !== undefined);
    expect(conflicts.map(({ record }) => record.messageId)).toEqual(then.conflicts);
  }
  const bodies = stored.map(({ event }) => event.text).join('\n');
  for (const part of then.inBodies ?? []) expect(bodies).toContain(part);
  for (const part of then.notInBodies ?? []) expect(bodies).not.toContain(part);
  for (const [messageId, length] of Object.entries(then.bodyLengths ?? {})) {
    // Not toHaveLength, which would print the body.
    const found = stored.find(({ record }) => record.messageId === messageId);
    expect(found?.event.text.length).toBe(length);
  }
}

async function exchange(request: CaseRequest, expected: CaseAnswer): Promise<void> {
  const { path, method, headers, body } = toWire(request);
  const answer = await sendRaw(server, { path, method, headers, body });
  const said: unknown = answer.text === '' ? undefined : JSON.parse(answer.text);
  expect({ status: answer.status, body: said }).toMatchObject({
    status: expected.status,
    ...(expected.body !== undefined && { body: expected.body }),
  });
  if (expected.hasMessageId === true)
    expect(said).toHaveProperty('results.0.messageId', expect.stringMatching(/./));
  if (expected.says !== undefined)
    expect(said).toHaveProperty('message', expect.stringContaining(expected.says));
  expect(answer.headers).toMatchObject({
    'access-control-allow-origin': expect.any(String),
    'access-control-expose-headers': 'Retry-After',
    ...(answer.status !== 204 && { 'content-type': 'application/json' }),
    ...expected.headers,
  });
  if (answer.status >= 400)
    expect(said).toMatchObject({ success: false, code: expect.any(String), message: expect.any(String) });
}

const idsIn = ({ states, times, timeNotes, reasons }: NonNullable<IngestCase['then']>): string[] =>
  [states, times, timeNotes, reasons].flatMap((by) => Object.keys(by ?? {}));

async function storedEvents() {
  const { client, tables, events } = pipeline;
  const answer = await client.send(
    new ScanCommand({
      TableName: tables.events,
      FilterExpression: 'sk = :sk',
      ExpressionAttributeValues: { ':sk': { S: 'e' } },
      ConsistentRead: true,
    }),
  );
  return await Promise.all((answer.Items ?? []).map((item) => events.open(item)));
}
