import { expect, test } from '@jest/globals';
import { applyIdentify } from '../../../core/identity/apply-identify.ts';
import { IdentityDraft, NO_FACTS } from '../../../core/identity/identity-draft.ts';
import { newNode } from '../../../core/identity/user-node.ts';
import { draftOf, stateOf } from '../../cases/identity/drafted-users.ts';

// Two ids of one user: both said cus_2, and it belongs to `phone`, which said it first.
const users = [
  { id: 'phone', time: 10, billingId: 'cus_2', mergedInto: 'ada' },
  { id: 'ada', time: 30, billingId: 'cus_2' },
];

function afterPhoneSays(billingId: string, time: number) {
  const draft = draftOf(users);
  draft.putBillingOwner('cus_2', 'phone');
  const said = { billingId: { value: billingId, time, source: 'event' } };
  applyIdentify(
    draft,
    { eventKey: 'event', key: 'phone', userId: 'phone', said, notes: [], receivedAt: 100 },
    100,
  );
  return draft;
}

test('a billing id that one id of a user lets go stays with another id of the user that has said it', () => {
  const draft = afterPhoneSays('cus_1', 20);
  expect(stateOf(draft, ['ada'])).toMatchObject({ ada: { billingId: 'cus_2' } });
  expect(draft.billingOwner('cus_2')).toBe('ada');
  expect(draft.billingOwner('cus_1')).toBe('phone');
});

test('one that is said again by the same id stays where it is', () => {
  const draft = afterPhoneSays('cus_2', 40);
  expect(draft.billingOwner('cus_2')).toBe('phone');
  expect(stateOf(draft, ['ada'])).toMatchObject({ ada: { billingId: 'cus_2' } });
});

test('one that was let go after the user was read is claimed again only as long as the user is the same', () => {
  const source = 'event';
  const ada = newNode(
    { key: 'ada', userId: 'ada' },
    { said: { billingId: { value: 'cus_2', time: 30, source } }, createdAt: 1 },
  );
  const draft = new IdentityDraft({
    ...NO_FACTS,
    nodes: new Map([['ada', ada]]),
    claims: new Map([['cus_2', undefined]]),
  });
  const said = { billingId: { value: 'cus_2', time: 20, source } };
  applyIdentify(
    draft,
    { eventKey: 'event', key: 'ada', userId: 'ada', said, notes: [], receivedAt: 100 },
    100,
  );
  expect(draft.claimChanges()).toHaveLength(1);
  // Writing the node is what checks its version.
  expect(draft.nodeChanges().map(({ key }) => key)).toEqual(['ada']);
});
