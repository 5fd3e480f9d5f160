import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { eventKeyOf } from '../../../adapters/keys.ts';
import { decideEvent, type EventNote } from '../../../core/decide-event.ts';
import { addEngageWord, EMPTY_ENGAGE, isMember } from '../../../core/engage.ts';
import { compileRuleset, EMPTY_SNAPSHOT } from '../../../core/ruleset.ts';
import { toIso } from '../../../core/timestamp.ts';

// The JSON files of this folder: events of one user, and what is then known of it. Every case holds in every order of its
// events. `{REPEAT:n:text}` stands for n times that text.

const event = z.object({
  type: z.enum(['identify', 'track']),
  event: z.string().optional(),
  messageId: z.string(),
  timestamp: z.iso.datetime(),
});
const caseSchema = z.strictObject({
  name: z.string(),
  events: z.array(z.record(z.string(), z.json())).min(1),
  then: z.strictObject({
    audiences: z.record(z.string(), z.json()).optional(),
    computedTraits: z.record(z.string(), z.json()).optional(),
    /** By messageId; events that are not listed have none. */
    notes: z.record(z.string(), z.array(z.string())).optional(),
  }),
});
const fileSchema = z.strictObject({ about: z.string(), cases: z.array(caseSchema).min(1) });
type EngageCase = z.infer<typeof caseSchema>;

const RULESET = compileRuleset(EMPTY_SNAPSHOT);
const folder = import.meta.dirname;

for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
  const text = readFileSync(join(folder, name), 'utf8').replaceAll(
    /\{REPEAT:(\d+):([^}]+)\}/g,
    (_, times: string, what: string) => what.repeat(Number(times)),
  );
  const { about, cases } = fileSchema.parse(JSON.parse(text));
  describe(about, () => {
    test.each(cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
      for (const order of ordersOf(each.events)) check(each, order);
    });
  });
}

function check({ then }: EngageCase, events: EngageCase['events']): void {
  let profile = EMPTY_ENGAGE;
  const notes: Record<string, readonly EventNote[]> = {};
  for (const payload of events) {
    const { type, event: name, messageId, timestamp } = event.parse(payload);
    const key = eventKeyOf(messageId);
    const time = Date.parse(timestamp);
    const decision = decideEvent(
      {
        key,
        type,
        userId: 'u1',
        ...(name !== undefined && { name }),
        time,
        receivedAt: time,
        payload,
        text: JSON.stringify(payload),
      },
      RULESET,
    );
    if (decision.notes !== undefined && decision.notes.length > 0) notes[messageId] = decision.notes;
    if (type === 'track') expect(decision).toMatchObject({ kind: 'unmapped', reason: 'no_rule' });
    else if (payload['context'] !== undefined) expect(decision).toMatchObject({ profile: {} });
    if (decision.engage === undefined) continue;
    // Twice, as whatever is delivered may be.
    profile = addEngageWord(profile, decision.engage, { time, source: key }).profile;
    expect(addEngageWord(profile, decision.engage, { time, source: key }).changed).toBe(false);
  }
  expect(notes).toEqual(then.notes ?? {});
  const audiences = [...profile.audiences].map(([name, audience]) => [
    name,
    {
      member: isMember(audience),
      ...(audience.entered && { enteredAt: toIso(audience.entered.time) }),
      ...(audience.exited && { exitedAt: toIso(audience.exited.time) }),
    },
  ]);
  expect(Object.fromEntries(audiences)).toEqual(then.audiences ?? {});
  const traits = [...profile.computedTraits].map(([name, { value, time }]) => [
    name,
    { value, at: toIso(time) },
  ]);
  expect(Object.fromEntries(traits)).toEqual(then.computedTraits ?? {});
}

function ordersOf<Element>(elements: readonly Element[]): Element[][] {
  if (elements.length <= 1) return [[...elements]];
  return elements.flatMap((first, at) =>
    ordersOf([...elements.slice(0, at), ...elements.slice(at + 1)]).map((rest) => [first, ...rest]),
  );
}
