import { expect, test } from '@jest/globals';
import { takeApart } from '../../../core/identity/take-apart.ts';
import { draftOf, stateOf } from '../../cases/identity/drafted-users.ts';

// Two ids of one user: both said cus_2, and it belongs to `phone`, which said it first.
const users = [
  { id: 'phone', time: 10, billingId: 'cus_2', mergedInto: 'ada' },
  { id: 'ada', time: 30, billingId: 'cus_2' },
];

function draft(owner: string) {
  const drafted = draftOf(users);
  drafted.putBillingOwner('cus_2', owner);
  const nodes = ['phone', 'ada'].flatMap((key) => drafted.node(key) ?? []);
  const [phone, ada] = nodes;
  if (phone === undefined || ada === undefined) throw new Error('The users are not there.');
  return { drafted, phone, ada, root: drafted.rootOf('ada') };
}

test('an id that goes on after its user was erased has the billing id that it says, though an erased one had said it first', () => {
  const { drafted, phone, ada, root } = draft('phone');
  takeApart(drafted, root, ['phone'], [{ node: phone, kept: undefined }]);
  takeApart(drafted, drafted.rootOf('ada'), [], [{ node: ada, kept: ada.said }]);
  expect(drafted.node('phone')).toBeUndefined();
  expect(drafted.billingOwner('cus_2')).toBe('ada');
  expect(stateOf(drafted, ['ada'])).toMatchObject({ ada: { billingId: 'cus_2' } });
});

test('an id that goes on takes no billing id that belongs to somebody else', () => {
  const { drafted, phone, root } = draft('somebody');
  takeApart(drafted, root, ['phone'], [{ node: phone, kept: phone.said }]);
  expect(drafted.billingOwner('cus_2')).toBe('somebody');
  expect(drafted.node('phone')?.profile.billingId).toBeUndefined();
});
