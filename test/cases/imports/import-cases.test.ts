import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { IdentityDraft } from '../../../core/identity/identity-draft.ts';
import { mergeUsers } from '../../../core/identity/merge-users.ts';
import { isRoot, newNode, type UserNode } from '../../../core/identity/user-node.ts';
import { decideImport, type ImportContext } from '../../../core/imports/decide-import.ts';
import type { ImportRow } from '../../../core/imports/import-row.ts';
import { createRoot, sayUnder } from '../../../core/imports/say-under.ts';
import { PROFILE_FIELDS, type Profile } from '../../../core/user.ts';

// What becomes of a row, for every line of the table in docs/imports.md and its neighbours. `at` of what is there is 500
// unless given; the row is said at 1000.

const text = z.string().optional();
const fields = { name: text, email: text, billingId: text };
const userSchema = z.strictObject({
  userId: text,
  importedFrom: text,
  ...fields,
  at: z.number().default(500),
  source: z.string().default('an-event'),
  mergedInto: text,
});
const caseSchema = z.strictObject({
  name: z.string(),
  kind: z.enum(['csv', 'stripe', 'chargebee']).default('csv'),
  chargebee: z.boolean().default(false),
  users: z.array(userSchema),
  row: z.strictObject({ userId: text, ...fields }),
  verdict: z.string(),
  userId: text,
  /** A message although it is neither conflict nor error. */
  message: z.boolean().default(false),
  after: z.array(
    z.strictObject({ userId: text, importedFrom: text, ...fields, members: z.array(z.string()).default([]) }),
  ),
});
type Case = z.infer<typeof caseSchema>;

/** Nothing is stored, and all of that has been read. */
class NothingStored extends Map<string, never> {
  override has(): boolean {
    return true;
  }
}

const keyOf = (userId: string): string => `=${userId}`;
const importedUserIdOf = (from: string): string => `imp_${from}`;

function draftOf(users: Case['users']): IdentityDraft {
  const nothing = new NothingStored();
  const draft = new IdentityDraft({ nodes: nothing, emails: nothing, claims: nothing });
  for (const { userId, importedFrom, at, source, mergedInto, ...said } of users) {
    const id = userId ?? importedUserIdOf(importedFrom ?? '');
    const key = keyOf(id);
    createRoot(
      draft,
      newNode(
        { key, userId: id },
        { said: {}, createdAt: 0, ...(importedFrom !== undefined && { importedFrom }) },
      ),
    );
    const profile: Profile = Object.fromEntries(
      PROFILE_FIELDS.flatMap((name) => {
        const value = said[name];
        return value === undefined ? [] : [[name, { value, time: at, source }]];
      }),
    );
    sayUnder(draft, key, profile);
    if (mergedInto === undefined) continue;
    const [survivor, absorbed] = [draft.rootOf(keyOf(mergedInto)), draft.rootOf(key)];
    const record = { id: `mrg_${id}`, survivor, absorbed, cause: 'manual', actor: 'me', at } as const;
    mergeUsers(draft, { survivor, absorbed, record });
  }
  return draft;
}

function shown({ userId, importedFrom, profile, members }: UserNode) {
  return {
    ...(importedFrom === undefined ? { userId } : { importedFrom }),
    ...Object.fromEntries(
      PROFILE_FIELDS.flatMap((name) => {
        const value = profile[name]?.value;
        return value === undefined ? [] : [[name, value]];
      }),
    ),
    members: members.map((key) => key.replace(/^=(imp_)?/, '')),
  };
}

/** Without what a case leaves out. */
const rowOf = ({ row }: Case): ImportRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));

const usersIn = (draft: IdentityDraft) =>
  draft.nodeChanges().flatMap(({ after }) => (after !== undefined && isRoot(after) ? [shown(after)] : []));

const contextOf = ({ kind, chargebee }: Case): ImportContext => ({
  kind,
  at: 1000,
  source: `${kind}:import#00000002`,
  actor: 'me',
  chargebee,
  keyOf,
  importedUserIdOf,
  mergeSuffix: 'x',
});

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.json'));

describe.each(files)('%s', (file) => {
  const cases = z.array(caseSchema).parse(JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')));

  test.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
    const draft = draftOf(one.users);
    const decision = decideImport(draft, rowOf(one), contextOf(one));
    expect({ verdict: decision.verdict, userId: decision.userId }).toEqual({
      verdict: one.verdict,
      userId: one.userId,
    });
    expect(usersIn(draft)).toEqual(one.after);
    const explains = one.message || ['conflict', 'error', 'merge'].includes(one.verdict);
    expect(decision.message).toEqual(explains ? expect.any(String) : undefined);
  });

  test.each(cases.map((one) => [one.name, one] as const))('again, it changes nothing more: %s', (_, one) => {
    const draft = draftOf(one.users);
    const first = decideImport(draft, rowOf(one), contextOf(one));
    const before = usersIn(draft);
    const again = decideImport(draft, rowOf(one), {
      ...contextOf(one),
      at: 1001,
      source: `${one.kind}:later#00000002`,
    });
    expect(usersIn(draft)).toEqual(before);
    const isRefused = first.verdict === 'conflict' || first.verdict === 'error';
    expect(again.verdict).toBe(isRefused ? first.verdict : 'unchanged');
  });
});
