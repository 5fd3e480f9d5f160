import { GetItemCommand, QueryCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { IdentityDraft } from '../core/identity/identity-draft.ts';
import { mergeIdOf, type MergeRecord } from '../core/identity/merge-record.ts';
import { mergeObstacle, mergeUsers, type MergeObstacle } from '../core/identity/merge-users.ts';
import { undoMerge, type Undone } from '../core/identity/undo-merge.ts';
import { isRoot, keysOfUser, type Root } from '../core/identity/user-node.ts';
import { S } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import type { Page } from './event-store.ts';
import { commitIdentity, type IdentityChange } from './identity-commit.ts';
import { factsForMerge, factsForUsers } from './identity-facts.ts';
import { keyPartOf } from './keys.ts';
import { fromMergeItem, mergeItemKey, MERGES_PK } from './merge-item.ts';
import type { UserStore } from './user-store.ts';

// Merging by hand, undoing, and the list of merges.

export interface MergeWish {
  readonly survivorId: string;
  readonly absorbedId: string;
  readonly actor: string;
  /** Distinguishes this wish from every other, and is, with `at`, the same whenever it is repeated. */
  readonly suffix: string;
  readonly at: number;
  /** Only look, write nothing. */
  readonly dryRun: boolean;
}

export type MergeAnswer =
  | {
      readonly kind: 'merged';
      readonly record: MergeRecord;
      /** The user after the merge. */
      readonly user: Root;
      /** Both as they were before it; absent when a repeated request finds it made. */
      readonly before?: { readonly survivor: Root; readonly absorbed: Root };
    }
  | { readonly kind: 'unknown'; readonly side: 'survivorId' | 'absorbedId' }
  /** It was merged into another user already. */
  | { readonly kind: 'absorbed'; readonly side: 'survivorId' | 'absorbedId'; readonly into: string }
  | { readonly kind: MergeObstacle }
  | { readonly kind: 'busy' };

export type UndoAnswer =
  | { readonly kind: 'undone'; readonly record: MergeRecord; readonly users: Undone }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'undone_before'; readonly record: MergeRecord }
  | { readonly kind: 'busy' };

export class MergeStore {
  readonly dynamo: DynamoDBClient;
  readonly table: string;
  private readonly users: UserStore;

  constructor(dynamo: DynamoDBClient, table: string, users: UserStore) {
    this.dynamo = dynamo;
    this.table = table;
    this.users = users;
  }

  async merge(wish: MergeWish): Promise<MergeAnswer> {
    const plan = () => this.planMerge(wish);
    if (wish.dryRun) return (await plan()).result;
    const answer = await commitIdentity(this, wish.suffix, plan);
    return answer === 'busy' ? { kind: 'busy' } : answer;
  }

  /** `isRepeated`: an undoing of this time by this actor may be this one, whose reply was lost. */
  async undo(
    mergeId: string,
    { isRepeated = false, ...by }: { readonly at: number; readonly actor: string; isRepeated?: boolean },
  ): Promise<UndoAnswer> {
    let tried = isRepeated;
    const answer = await commitIdentity(this, mergeId, async (): Promise<IdentityChange<UndoAnswer>> => {
      const record = await this.get(mergeId);
      if (record === undefined) return { result: { kind: 'unknown' } };
      if (record.undoneAt !== undefined) {
        // Ours, when the reply to it was lost.
        const isOurs = tried && record.undoneAt === by.at && record.undoneBy === by.actor;
        const users = isOurs ? await this.sidesOf(record) : undefined;
        return {
          result: users === undefined ? { kind: 'undone_before', record } : { kind: 'undone', record, users },
        };
      }
      const draft = new IdentityDraft(
        await factsForUsers(this.users, [record.absorbed.key, record.survivor.key]),
      );
      const users = undoMerge(draft, record, by);
      tried = true;
      return {
        draft,
        result: { kind: 'undone', record: { ...record, undoneAt: by.at, undoneBy: by.actor }, users },
      };
    });
    return answer === 'busy' ? { kind: 'busy' } : answer;
  }

  async get(mergeId: string): Promise<MergeRecord | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: mergeItemKey(mergeId), ConsistentRead: true }),
    );
    return item === undefined ? undefined : fromMergeItem(item);
  }

  /** All merges, the latest first. */
  async page(limit: number, cursor?: string): Promise<Page<MergeRecord>> {
    const after = afterOf(cursor);
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(MERGES_PK) },
        ScanIndexForward: false,
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: mergeItemKey(after) }),
      }),
    );
    const rows = (answer.Items ?? []).map(fromMergeItem);
    const last = answer.LastEvaluatedKey === undefined ? undefined : rows.at(-1)?.id;
    return { rows, ...(last !== undefined && { cursor: cursorOf(last) }) };
  }

  /** The merges that this user is made of, and those of its ids that were undone; the latest first. */
  async ofUser(root: Root): Promise<readonly MergeRecord[]> {
    const nodes = await this.users.nodes(keysOfUser(root));
    const ids = [...nodes.values()].flatMap((node) => [
      ...(node.mergedInto === undefined ? [] : [node.mergedInto.mergeId]),
      ...node.undoneMerges,
    ]);
    const items = await batchGet(this.dynamo, this.table, [...new Set(ids)].map(mergeItemKey));
    return items.map(fromMergeItem).sort((left, right) => (left.id < right.id ? 1 : -1));
  }

  /** A page of the merges of one user; of nobody there are none. */
  async pageOfUser(root: Root | undefined, limit: number, cursor?: string): Promise<Page<MergeRecord>> {
    const after = afterOf(cursor);
    const merges = root === undefined ? [] : await this.ofUser(root);
    const all = merges.filter(({ id }) => after === undefined || id < after);
    const rows = all.slice(0, limit);
    const last = rows.at(-1)?.id;
    return { rows, ...(all.length > limit && last !== undefined && { cursor: cursorOf(last) }) };
  }

  private async planMerge(wish: MergeWish): Promise<IdentityChange<MergeAnswer>> {
    const [survivorKey, absorbedKey] = [wish.survivorId, wish.absorbedId].map(keyPartOf);
    if (survivorKey === undefined || absorbedKey === undefined || survivorKey === absorbedKey)
      return { result: { kind: 'same_user' } };
    const draft = new IdentityDraft(await factsForMerge(this.users, [survivorKey, absorbedKey]));
    const [survivor, absorbed] = [draft.node(survivorKey), draft.node(absorbedKey)];
    const id = mergeIdOf(wish.at, wish.suffix);
    if (survivor === undefined) return { result: { kind: 'unknown', side: 'survivorId' } };
    if (absorbed === undefined) return { result: { kind: 'unknown', side: 'absorbedId' } };
    const record: MergeRecord = {
      id,
      survivor: { key: survivor.key, userId: survivor.userId },
      absorbed: { key: absorbed.key, userId: absorbed.userId },
      cause: 'manual',
      actor: wish.actor,
      at: wish.at,
    };
    // Made already, by an attempt whose reply was lost.
    if (absorbed.mergedInto?.mergeId === id)
      return { result: { kind: 'merged', record, user: draft.rootOf(absorbed.key) } };
    // The same, and undone since: it is not made again.
    if (absorbed.undoneMerges.includes(id))
      return {
        result: {
          kind: 'merged',
          record: (await this.get(id)) ?? record,
          user: draft.rootOf(survivor.key),
        },
      };
    if (!isRoot(survivor))
      return { result: { kind: 'absorbed', side: 'survivorId', into: draft.rootOf(survivor.key).userId } };
    if (!isRoot(absorbed))
      return { result: { kind: 'absorbed', side: 'absorbedId', into: draft.rootOf(absorbed.key).userId } };
    const obstacle = mergeObstacle(survivor, absorbed);
    if (obstacle !== undefined) return { result: { kind: obstacle } };
    const user = mergeUsers(draft, { survivor, absorbed, record });
    return { draft, result: { kind: 'merged', record, user, before: { survivor, absorbed } } };
  }

  private async sidesOf({ survivor, absorbed }: MergeRecord): Promise<Undone | undefined> {
    const roots = await this.users.roots([survivor.key, absorbed.key]);
    const [left, right] = [roots.get(survivor.key), roots.get(absorbed.key)];
    return left === undefined || right === undefined ? undefined : { survivor: left, absorbed: right };
  }
}

const cursorOf = (mergeId: string): string => encodeCursor({ after: S(mergeId) }) ?? '';

function afterOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const after = decodeCursor(cursor)?.['after']?.S;
  if (after?.startsWith('mrg_') !== true)
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  return after;
}
