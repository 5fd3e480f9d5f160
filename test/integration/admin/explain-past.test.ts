import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eraseEvents } from '../../../adapters/erase-events.ts';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { reviseEvents } from '../../../adapters/revise-events.ts';
import { createAdmin, column, fieldOf, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo, type TestTables } from '../../support/dynamo.ts';
import { importUser } from '../../support/imported-user.ts';
import { explainAnswer } from '../../support/explain-answer.ts';

// What an event went through after it had its outcome, and what an identify did to users, told in sentences.

let dynamo: TestDynamo;
let tables: TestTables;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  tables = await dynamo.tables();
  admin = createAdmin(dynamo.client, tables);
  for (const id of ['messages', 'seats']) await admin.call('POST', '/api/features', { body: { id } });
});

async function story(messageId: string) {
  const { body } = await admin.call('GET', `/api/events/${messageId}/explain`);
  return explainAnswer.parse(body);
}

const kindsOf = ({ steps }: Awaited<ReturnType<typeof story>>): string[] => steps.map(({ kind }) => kind);

async function createRule(fields: object): Promise<string> {
  const event = { operator: 'equals', value: 'Message Sent' };
  return fieldOf(await admin.call('POST', '/api/rules', { body: { event, ...fields } }), 'id');
}

/** Lets the change of the past that was asked for last reach this event. */
async function revise(
  messageId: string,
  change: { kind: 'revert' | 'recount'; ruleId: string; belowVersion: number },
) {
  admin.clock.now += 60_000;
  const { generation } = await admin.rulesets.current();
  const revised = await reviseEvents(
    admin.settling,
    [eventKeyOf(messageId)],
    { ...change, generation },
    Infinity,
  );
  expect(revised).toMatchObject({ reverted: 1, failed: [] });
}

describe('an event whose rule', () => {
  test('was deleted with revert says what was taken back, when, and what it waits for', async () => {
    const ruleId = await createRule({ featureId: 'messages', name: 'Messages' });
    await admin.settle({ messageId: 'm1' });
    await admin.call('DELETE', `/api/rules/${ruleId}?revert=1`);
    await revise('m1', { kind: 'revert', ruleId, belowVersion: 2 });
    const told = await story('m1');
    expect(kindsOf(told)).toEqual(['received', 'stored', 'user', 'reverted', 'unmapped', 'tried', 'rules']);
    // The rule is gone, and still has the name that people knew it by.
    expect(told.steps[3]).toEqual({
      kind: 'reverted',
      title: 'What the rule "Messages" had counted was taken back: it was disabled or deleted with revert.',
      detail: 'Nothing else had counted it, so it was decided again by the rules of generation 4.',
      at: '2026-11-23T12:01:00.000Z',
      data: { ruleId, belowVersion: 2, generation: 4 },
    });
    expect(told.steps[4]).toMatchObject({ title: 'It counts for nothing yet.' });
  });

  test('was changed with recount says by which generation it counts now', async () => {
    const ruleId = await createRule({ featureId: 'messages', name: 'Messages' });
    await admin.settle({ messageId: 'm1' });
    await admin.call('PATCH', `/api/rules/${ruleId}?recount=1`, { body: { delta: { value: '5' } } });
    // The sweep of the same change is no reason of it.
    await admin.jobs.start(4, 'rule "Messages" edited and recounted', admin.clock.now);
    await revise('m1', { kind: 'recount', ruleId, belowVersion: 2 });
    const told = await story('m1');
    expect(kindsOf(told)).toEqual(['received', 'stored', 'user', 'recounted', 'mapped', 'counted', 'rules']);
    expect(told.steps.slice(3, 6)).toMatchObject([
      {
        title:
          'What the rule "Messages" had counted before version 2 was taken back: it was changed with recount.',
      },
      { title: 'It was mapped again by the rules of generation 4, after that recount.' },
      { title: 'It counts 5 for messages: rule "Messages", version 2.' },
    ]);
  });

  test('was reverted while another counts it says that the other stayed, and keeps both stories', async () => {
    const ruleId = await createRule({ featureId: 'messages' });
    const other = await createRule({ featureId: 'seats', name: 'Seats' });
    await admin.settle({ messageId: 'm1' });
    await admin.call('PATCH', `/api/rules/${ruleId}?revert=1`, { body: { enabled: false } });
    await revise('m1', { kind: 'revert', ruleId, belowVersion: 2 });
    await admin.call('PATCH', `/api/rules/${other}?recount=1`, { body: { delta: { value: '2' } } });
    await revise('m1', { kind: 'recount', ruleId: other, belowVersion: 2 });
    const told = await story('m1');
    expect(kindsOf(told)).toEqual([
      'received',
      'stored',
      'user',
      'reverted',
      'recounted',
      'mapped',
      'counted',
      'rules',
    ]);
    expect(told.steps[3]).toMatchObject({
      title: `What the rule ${ruleId} had counted was taken back: it was disabled or deleted with revert.`,
      detail: 'What other rules, or the event itself, had counted stayed.',
    });
    expect(told.steps[6]).toMatchObject({ title: 'It counts 2 for seats: rule "Seats", version 2.' });
  });
});

describe('an identify', () => {
  const identify = (messageId: string, userId: string, traits: object, timestamp?: string) =>
    admin.settle({
      type: 'identify',
      messageId,
      userId,
      traits: { ...traits },
      ...(timestamp !== undefined && { timestamp }),
    });

  test('says which row of the table applied and what it did', async () => {
    await identify('i1', 'ada', { email: 'ada@example.com' });
    await identify('i2', 'ada', { name: 'Ada' });
    await identify('i3', 'bob', { email: 'ada@example.com' });
    const applied = async (messageId: string) =>
      (await story(messageId)).steps.find(({ kind }) => kind === 'applied');
    expect(await applied('i1')).toMatchObject({
      title: 'It created the user ada.',
      detail: expect.stringContaining(
        'Nobody has the userId or the email: a user is created. An identify is not counted.',
      ),
      data: { row: 3, effect: 'create' },
    });
    expect(await applied('i2')).toMatchObject({ title: 'What it says about the user ada was applied.' });
    expect(await applied('i3')).toMatchObject({
      detail: expect.stringContaining('nobody is merged, and the shared email is flagged'),
      data: { row: 7 },
    });
  });

  test('that merged an imported user says whom, and later that it was undone', async () => {
    const imported = await importUser(dynamo.client, tables.users, {
      source: 'csv 1',
      email: 'ada@example.com',
    });
    await identify('i1', 'ada', {});
    await identify('i2', 'ada', { email: 'ada@example.com' });
    expect((await story('i2')).steps.slice(-2)).toMatchObject([
      { kind: 'applied', title: 'The imported user with its email was merged into the user ada.' },
      { kind: 'merged', title: `That merged ${imported} into ada.`, at: '2026-11-23T12:00:00.000Z' },
    ]);
    const [mergeId = ''] = column(await admin.call('GET', '/api/merges'), 'merges', 'id');
    await admin.call('POST', `/api/merges/${mergeId}/undo`);
    expect((await story('i2')).steps.at(-1)).toMatchObject({
      kind: 'merge_undone',
      title: 'That merge has been undone by admin-key.',
      data: { mergeId, survivorId: 'ada', absorbedId: imported },
    });
  });

  test('says of everything that it was not taken, and why', async () => {
    await identify('i0', 'bob', { billingUserId: 'cus_1' });
    await identify('i1', 'ada', { email: 'new@example.com' }, '2026-11-22T12:00:00Z');
    await identify(
      'i2',
      'ada',
      { email: 'old@example.com', billingUserId: 'cus_1', name: 'x'.repeat(2_000) },
      '2026-11-21T12:00:00Z',
    );
    const notes = (await story('i2')).steps.filter(({ kind }) => kind === 'note').map(({ title }) => title);
    expect(notes.toSorted()).toEqual([
      'Its billing id was left out: it belongs to another user, and is not moved.',
      'Its email was not taken: the user has one from an event with a later timestamp.',
      'Its name was left out: it is too long.',
    ]);
  });
});

test('an event that was erased says what is left of it, and names nobody', async () => {
  await createRule({ featureId: 'messages', name: 'Messages', delta: { path: 'properties.n' } });
  await admin.settle(
    { messageId: 'm1', userId: 'ada-lovelace', timestamp: '2026-11-20T07:30:00Z', properties: { n: 3 } },
    { messageId: 'm2', userId: 'ada-lovelace', event: 'Nothing' },
  );
  const items = [...(await admin.events.items(['m1', 'm2'].map(eventKeyOf))).values()];
  admin.clock.now += 60_000;
  expect((await eraseEvents(admin.settling, items, Infinity)).erased).toHaveLength(2);
  const told = await story('m1');
  expect([told.status, told.event, kindsOf(told)]).toEqual([
    'erased',
    undefined,
    ['received', 'stored', 'erased', 'counted'],
  ]);
  expect(told.steps.slice(2)).toMatchObject([
    {
      at: '2026-11-23T12:01:00.000Z',
      detail: expect.stringContaining('stays in the totals of its features'),
    },
    {
      title: 'It counts 3 in the total of messages: rule "Messages", version 1.',
      detail: 'On 2026-11-20 at 07:00 UTC, for nobody any more.',
    },
  ]);
  expect((await story('m2')).steps.at(-1)?.detail).toContain('It counted for nothing.');
  expect(JSON.stringify([told, await story('m2')])).not.toContain('ada');
  expect(await admin.call('GET', '/api/events/m1')).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining('erased with its user') },
  });
});
