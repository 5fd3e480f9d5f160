import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { applyIdentify } from '../../../core/identity/apply-identify.ts';
import { identifyReason } from '../../../core/identity/identify-reason.ts';
import { parseJson } from '../../../core/json-value.ts';
import { profileFromIdentify } from '../../../core/user.ts';
import { draftOf, stateOf, usersSchema } from './drafted-users.ts';

// Every row of the decision table and its neighbours, from identify.json, which docs/identity.md shows as well.

const schema = z.array(
  z.object({
    name: z.string(),
    chargebee: z.optional(z.boolean()),
    users: usersSchema,
    identify: z.object({ userId: z.string(), time: z.number(), traits: z.record(z.string(), z.json()) }),
    row: z.number(),
    effect: z.string(),
    refusal: z.optional(z.string()),
    notes: z.optional(z.array(z.string())),
    then: z.record(z.string(), z.json()),
  }),
);

const url = new URL('identify.json', import.meta.url);
const cases = z.parse(schema, JSON.parse(readFileSync(url, 'utf8')));

test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const { userId, time, traits } = one.identify;
  const payload = parseJson(JSON.stringify({ type: 'identify', userId, traits }));
  if (!payload.ok) throw new Error('The case is not JSON.');
  const { profile: said, notes } = profileFromIdentify(
    { type: 'identify', userId, traits },
    { time, source: 'event' },
    { chargebee: one.chargebee ?? false },
  );
  const draft = draftOf(one.users);
  const event = { eventKey: 'event', key: userId, userId, said, notes, receivedAt: 100 };
  const result = applyIdentify(draft, event, 100);
  expect({ row: result.row, effect: result.effect, refusal: result.refusal, notes: result.notes }).toEqual({
    row: one.row,
    effect: one.effect,
    refusal: one.refusal,
    notes: one.notes ?? [],
  });
  expect(identifyReason(result.row, result.refusal)).toMatch(/\.$/);
  expect(stateOf(draft, [userId, ...one.users.map(({ id }) => id)])).toEqual(one.then);
});

test('there is a case for every row', () => {
  expect([...new Set(cases.map(({ row }) => row))].toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the page on identity shows every case', () => {
  const page = readFileSync(new URL('../../../docs/identity.md', import.meta.url), 'utf8');
  expect(cases.map(({ name }) => name).filter((name) => !page.includes(`| ${name} `))).toEqual([]);
});
