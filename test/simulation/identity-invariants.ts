import { fromBillingClaimItem } from '../../adapters/billing-claim-item.ts';
import { fromEmailItem } from '../../adapters/email-item.ts';
import { fromMergeItem, MERGES_PK } from '../../adapters/merge-item.ts';
import { fromUsageItem } from '../../adapters/usage-item.ts';
import { addCounts, fromUserCountItem, NO_COUNTS } from '../../adapters/user-count-item.ts';
import { fromUserItem, USER_SK } from '../../adapters/user-item.ts';
import type { MergeRecord } from '../../core/identity/merge-record.ts';
import type { UserNode } from '../../core/identity/user-node.ts';
import { PROFILE_FIELDS, type ProfileField } from '../../core/user.ts';
import { TABLES } from './deployment-names.ts';
import { textOf, toItem } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';

// What must hold of users at any moment, said a second time: from the links alone, and from what was said under each id.

export interface StoredUsers {
  readonly nodes: ReadonlyMap<string, UserNode>;
  readonly merges: readonly MergeRecord[];
  /** By the user's key: events that count, of the id itself. */
  readonly counted: ReadonlyMap<string, number>;
}

export function storedUsers(dynamo: MemoryDynamo): StoredUsers {
  const items = dynamo.items(TABLES.users);
  const nodes = items
    .filter((item) => textOf(item, 'pk').startsWith('u#') && textOf(item, 'sk') === USER_SK)
    .map((item) => fromUserItem(toItem(item)));
  const merges = items
    .filter((item) => textOf(item, 'pk') === MERGES_PK)
    .map((item) => fromMergeItem(toItem(item)));
  const counted = new Map<string, number>();
  for (const item of dynamo.items(TABLES.usage)) {
    const key = textOf(item, 'pk').slice(2);
    if (!textOf(item, 'pk').startsWith('u#')) continue;
    counted.set(key, (counted.get(key) ?? 0) + fromUsageItem(toItem(item)).count);
  }
  return { nodes: new Map(nodes.map((node) => [node.key, node])), merges, counted };
}

/** Where the links of a node lead; undefined for a circle, or a link to nowhere. */
export function rootOf(nodes: StoredUsers['nodes'], key: string): UserNode | undefined {
  let node = nodes.get(key);
  for (let step = 0; node?.mergedInto !== undefined; step += 1) {
    if (step > nodes.size) return undefined;
    node = nodes.get(node.mergedInto.key);
  }
  return node;
}

export function identityViolations(dynamo: MemoryDynamo): string[] {
  const { nodes, merges } = storedUsers(dynamo);
  const violations: string[] = [];
  const expect = (what: string, found: readonly string[], wanted: readonly string[]): void => {
    const [left, right] = [found.toSorted().join(', '), wanted.toSorted().join(', ')];
    if (left !== right) violations.push(`${what}: ${left} and not ${right}`);
  };
  const roots = [...nodes.values()].filter(({ mergedInto }) => mergedInto === undefined);
  const members = new Map<string, string[]>();
  for (const { key } of nodes.values()) {
    const root = rootOf(nodes, key);
    if (root === undefined) violations.push(`${key} leads to no root`);
    else if (root.key !== key) members.set(root.key, [...(members.get(root.key) ?? []), key]);
  }
  const items = dynamo.items(TABLES.users).map(toItem);
  const rows = (list: string): string[] =>
    items.flatMap((item) => (item['pk']?.S?.startsWith(`${list}#`) === true ? (item['sk']?.S ?? []) : []));
  const owners = new Map(
    items
      // Beside a claim may stand that its customer was deleted.
      .filter((item) => item['pk']?.S?.startsWith('b#') === true && item['bi'] !== undefined)
      .map((item) => [fromBillingClaimItem(item).billingId, fromBillingClaimItem(item).owner]),
  );
  for (const root of roots) {
    expect(`the members of ${root.key}`, root.members, members.get(root.key) ?? []);
    const ids = [root.key, ...(members.get(root.key) ?? [])];
    for (const name of PROFILE_FIELDS) {
      const words = ids.flatMap((key) => nodes.get(key)?.said[name] ?? []);
      const counting =
        name === 'billingId' ? words.filter(({ value }) => ids.includes(owners.get(value) ?? '')) : words;
      const last = newest(counting)?.value;
      // What lies dormant may only come back by being said again.
      if (root.profile[name]?.value !== last)
        violations.push(
          `${root.key} has the ${name} ${root.profile[name]?.value ?? '–'} and not ${last ?? '–'}`,
        );
    }
    const billingId = root.profile.billingId?.value;
    if (billingId !== undefined && !ids.includes(owners.get(billingId) ?? ''))
      violations.push(`${root.key} has ${billingId}, which belongs to ${owners.get(billingId) ?? 'nobody'}`);
  }
  for (const [billingId, owner] of owners)
    if (nodes.get(owner)?.said.billingId?.value !== billingId)
      violations.push(`${billingId} belongs to ${owner}, under which it was not said`);

  const groups = items.filter((item) => item['em'] !== undefined).map(fromEmailItem);
  const wanted = new Map<string, string[]>();
  for (const { key, profile } of roots) {
    if (profile.email === undefined) continue;
    const email = profile.email.value.trim().toLowerCase();
    wanted.set(email, [...(wanted.get(email) ?? []), key]);
  }
  expect(
    'emails',
    groups.map(({ email }) => email),
    [...wanted.keys()],
  );
  for (const group of groups) {
    expect(`the users of ${group.email}`, [...group.users, ...group.imported], wanted.get(group.email) ?? []);
    for (const key of group.imported)
      if (nodes.get(key)?.importedFrom === undefined) violations.push(`${key} is listed as imported`);
  }
  const flagged = groups.filter(
    ({ users, imported, dismissed }) => users.length + imported.length > 1 && !dismissed,
  );
  if (rows('shared').length !== flagged.length)
    violations.push(
      `${String(rows('shared').length)} shared emails are listed, of ${String(flagged.length)}`,
    );
  const withoutBilling = roots.filter(({ profile }) => profile.billingId === undefined).map(({ key }) => key);
  expect(
    'the directory',
    rows('list'),
    roots.map(({ key }) => key),
  );
  expect('the box of missing billing ids', rows('nobill'), withoutBilling);
  const counts = items
    .filter((item) => item['pk']?.S?.startsWith('counts#') === true)
    .map(fromUserCountItem)
    .reduce(addCounts, NO_COUNTS);
  expect(
    'counts',
    [JSON.stringify(counts)],
    [
      JSON.stringify({
        users: roots.length,
        missingBilling: withoutBilling.length,
        sharedEmail: flagged.length,
      }),
    ],
  );
  const inForce = merges.filter(({ undoneAt }) => undoneAt === undefined);
  const linked = [...nodes.values()].flatMap(({ mergedInto }) => mergedInto?.mergeId ?? []);
  expect(
    'merges in force',
    linked,
    inForce.map(({ id }) => id),
  );
  return violations;
}

function newest(words: readonly ProfileField[]): ProfileField | undefined {
  return words.toSorted((a, b) => b.time - a.time || (a.source < b.source ? 1 : -1))[0];
}
