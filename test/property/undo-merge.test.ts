import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mergeIdOf, type MergeRecord } from '../../core/identity/merge-record.ts';
import { mergeObstacle, mergeUsers } from '../../core/identity/merge-users.ts';
import { undoMerge } from '../../core/identity/undo-merge.ts';
import { isRoot, keysOfUser } from '../../core/identity/user-node.ts';
import type { IdentityDraft } from '../../core/identity/identity-draft.ts';
import { draftOf, stateOf, type CaseUser } from '../cases/identity/drafted-users.ts';

const IDS = ['a', 'b', 'c', 'd', 'e', 'f'];

const said = fc.record(
  {
    time: fc.integer({ min: 1, max: 5 }),
    name: fc.constantFrom('Ada', 'Ben'),
    email: fc.constantFrom('x@x.test', 'X@x.test', 'y@x.test'),
    hasBillingId: fc.boolean(),
    imported: fc.boolean(),
  },
  { requiredKeys: ['hasBillingId', 'imported'] },
);
const users: fc.Arbitrary<CaseUser[]> = fc.tuple(...IDS.map(() => said)).map((all) =>
  all.map(({ hasBillingId, ...user }, index) => ({
    id: IDS[index] ?? '',
    ...user,
    ...(hasBillingId && { billingId: `cus_${String(index)}` }),
  })),
);
/** Merges and undoing, by numbers that are taken modulo what there is at that moment. */
const steps = fc.array(fc.record({ undoes: fc.boolean(), one: fc.nat(), other: fc.nat() }), {
  maxLength: 14,
});

const BY = { at: 100, actor: 'a person' };

/** Each id is under exactly one root, which lists it, and every email lists the roots that have it. */
function expectWhole(draft: IdentityDraft): void {
  const nodes = IDS.flatMap((id) => draft.node(id) ?? []);
  const listed = nodes.filter(isRoot).flatMap(keysOfUser);
  expect(listed.toSorted()).toEqual(IDS);
  for (const id of IDS) expect(keysOfUser(draft.rootOf(id))).toContain(id);
  for (const email of ['x@x.test', 'y@x.test']) {
    const { users: named, imported } = draft.group(email);
    const having = nodes.filter((node) => isRoot(node) && node.profile.email?.value.toLowerCase() === email);
    expect([...named, ...imported].toSorted()).toEqual(having.map(({ key }) => key).toSorted());
  }
}

test('whatever is merged and undone, in whatever order, undoing the rest restores every user as it was', () => {
  fc.assert(
    fc.property(users, steps, fc.nat(), (start, sequence, turn) => {
      const draft = draftOf(start);
      const before = stateOf(draft, IDS);
      let inForce: MergeRecord[] = [];
      const undo = (record: MergeRecord): void => {
        undoMerge(draft, record, BY);
        inForce = inForce.filter(({ id }) => id !== record.id);
        expectWhole(draft);
      };
      for (const [index, { undoes, one, other }] of sequence.entries()) {
        const record = inForce[one % Math.max(1, inForce.length)];
        if (undoes && record !== undefined) undo(record);
        if (undoes) continue;
        const [survivor, absorbed] = [one, other].map((at) => draft.node(IDS[at % IDS.length] ?? ''));
        if (survivor === undefined || absorbed === undefined || !isRoot(survivor) || !isRoot(absorbed))
          continue;
        if (mergeObstacle(survivor, absorbed) !== undefined) continue;
        const merge: MergeRecord = {
          id: mergeIdOf(index, 's'),
          survivor: { key: survivor.key, userId: survivor.userId },
          absorbed: { key: absorbed.key, userId: absorbed.userId },
          cause: 'manual',
          actor: 'a person',
          at: index,
        };
        mergeUsers(draft, { survivor, absorbed, record: merge });
        inForce.push(merge);
        expectWhole(draft);
      }
      for (let at = turn; inForce.length > 0; at += 1) {
        const record = inForce[at % inForce.length];
        if (record !== undefined) undo(record);
      }
      expect(stateOf(draft, IDS)).toEqual(before);
    }),
    { seed: 5, numRuns: 1_000 },
  );
});
