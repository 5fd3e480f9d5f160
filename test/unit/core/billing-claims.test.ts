import { expect, test } from '@jest/globals';
import { applyIdentify } from '../../../core/identity/apply-identify.ts';
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
