import type { TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { groupSize, isFlagged, type EmailGroup } from '../core/identity/email-group.ts';
import type { Change, IdentityDraft } from '../core/identity/identity-draft.ts';
import { isRoot, type UserNode } from '../core/identity/user-node.ts';
import { S } from './attributes.ts';
import { billingClaimKey, toBillingClaimItem } from './billing-claim-item.ts';
import type { PlannedItem } from './planned-item.ts';
import {
  directoryKey,
  missingBillingKey,
  sharedEmailKey,
  toDirectoryItem,
  toMissingBillingItem,
} from './directory-item.ts';
import { emailItemKey, emailKeyOf, membersText, toEmailItem } from './email-item.ts';
import { mergeItemKey, toMergeItem } from './merge-item.ts';
import { addCounts, NO_COUNTS, toUserCountUpdate, type UserCounts } from './user-count-item.ts';
import { stillAsRead, toUserItem, USER_SK, userKeyPk } from './user-item.ts';

// From a draft to the items of a transaction. Every item is written under the condition that it still is what was read,
// and the rows of lists and the counts follow from the difference, so that neither can disagree with what they list.

/** `shard` is the one of the counts that this transaction changes. */
export function identityItems(table: string, draft: IdentityDraft, shard: number): PlannedItem[] {
  const nodes = draft.nodeChanges().flatMap((change) => nodeItems(table, change));
  const groups = draft.groupChanges().flatMap((change) => groupItems(table, change));
  const claims = draft.claimChanges().flatMap((change) => claimItems(table, change));
  const merges = draft.mergeChanges().map(({ key, after, owners }): PlannedItem => {
    if (after === undefined)
      return { item: { Delete: { TableName: table, Key: mergeItemKey(key) } }, owners };
    // Made once, and undone once.
    const condition = after.undoneAt === undefined ? 'attribute_not_exists(pk)' : 'attribute_not_exists(ua)';
    return {
      item: { Put: { TableName: table, Item: { ...toMergeItem(after) }, ConditionExpression: condition } },
      owners,
    };
  });
  const counts = [...nodes, ...groups].map(({ counts }) => counts).reduce(addCounts, NO_COUNTS);
  const isCounted = Object.values(counts).some((by) => by !== 0);
  return [
    ...nodes.flatMap(({ items }) => items),
    ...groups.flatMap(({ items }) => items),
    ...claims,
    ...merges,
    ...(isCounted ? [{ item: { Update: toUserCountUpdate(table, shard, counts) }, owners: [] }] : []),
  ];
}

interface Counted {
  readonly items: readonly PlannedItem[];
  readonly counts: UserCounts;
}

const isListed = (node: UserNode | undefined): boolean => node !== undefined && isRoot(node);
const lacksBilling = (node: UserNode | undefined): boolean =>
  node !== undefined && isRoot(node) && node.profile.billingId === undefined;
const step = (before: boolean, after: boolean): -1 | 0 | 1 => (before === after ? 0 : after ? 1 : -1);

function nodeItems(table: string, { before, after, owners }: Change<UserNode>): Counted[] {
  const either = after ?? before;
  if (either === undefined) return [];
  const listed = step(isListed(before), isListed(after));
  const missing = step(lacksBilling(before), lacksBilling(after));
  const { key, userId } = either;
  const condition =
    before === undefined ? { ConditionExpression: 'attribute_not_exists(pk)' } : stillAsRead(before);
  const item: TransactWriteItem =
    after === undefined
      ? { Delete: { TableName: table, Key: { pk: S(userKeyPk(key)), sk: S(USER_SK) }, ...condition } }
      : {
          Put: {
            TableName: table,
            Item: { ...toUserItem({ ...after, version: (before?.version ?? 0) + 1 }) },
            ...condition,
          },
        };
  return [
    {
      items: [
        { item, owners },
        ...row(table, listed, { put: toDirectoryItem(userId), key: directoryKey(userId) }),
        ...row(table, missing, { put: toMissingBillingItem(userId), key: missingBillingKey(userId) }),
      ],
      counts: { users: listed, missingBilling: missing, sharedEmail: 0 },
    },
  ];
}

type Attributes = ReturnType<typeof toDirectoryItem>;

/** A row of a list: there when what it lists is, so it needs no condition of its own. */
function row(
  table: string,
  change: -1 | 0 | 1,
  { put, key }: { readonly put: Attributes; readonly key: Attributes },
): PlannedItem[] {
  if (change === 0) return [];
  const item: TransactWriteItem =
    change === 1
      ? { Put: { TableName: table, Item: { ...put } } }
      : { Delete: { TableName: table, Key: { ...key } } };
  return [{ item, owners: [] }];
}

function groupItems(table: string, { before, after, owners }: Change<EmailGroup>): Counted[] {
  if (after === undefined) return [];
  const isSame = membersText(after) === (before && membersText(before));
  // Nobody has it, and nobody had it: somebody joined and left in one transaction.
  const isNothing = before === undefined && isEmpty(after);
  if (isSame || isNothing) return [];
  const flagged = step(before !== undefined && isFlagged(before), isFlagged(after));
  const condition = {
    ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'm = :m',
    ...(before !== undefined && { ExpressionAttributeValues: { ':m': S(membersText(before)) } }),
  };
  const item: TransactWriteItem = isEmpty(after)
    ? { Delete: { TableName: table, Key: emailItemKey(after.email), ...condition } }
    : { Put: { TableName: table, Item: { ...toEmailItem(after) }, ...condition } };
  const key = sharedEmailKey(emailKeyOf(after.email));
  return [
    {
      items: [{ item, owners }, ...row(table, flagged, { put: key, key })],
      counts: { ...NO_COUNTS, sharedEmail: flagged },
    },
  ];
}

const isEmpty = (group: EmailGroup): boolean => groupSize(group) === 0 && !group.overflowed;

function claimItems(table: string, change: Change<string> & { readonly key: string }): PlannedItem[] {
  const { key: billingId, before, after, owners } = change;
  if (before === after) return [];
  const condition = {
    ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'k = :k',
    ...(before !== undefined && { ExpressionAttributeValues: { ':k': S(before) } }),
  };
  const item: TransactWriteItem =
    after === undefined
      ? { Delete: { TableName: table, Key: billingClaimKey(billingId), ...condition } }
      : {
          Put: {
            TableName: table,
            Item: { ...toBillingClaimItem({ billingId, owner: after }) },
            ...condition,
          },
        };
  return [{ item, owners }];
}
