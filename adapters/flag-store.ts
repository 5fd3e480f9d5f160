import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { groupSize, normaliseEmail, type EmailGroup } from '../core/identity/email-group.ts';
import { IdentityDraft } from '../core/identity/identity-draft.ts';
import { isRoot, type Root } from '../core/identity/user-node.ts';
import { readS, S } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from './cursor.ts';
import { SHARED_EMAIL_PKS } from './directory-item.ts';
import { emailItemKeyOf, fromEmailItem } from './email-item.ts';
import type { Page } from './event-store.ts';
import { commitIdentity } from './identity-commit.ts';
import { mergedPage } from './merged-page.ts';
import {
  addCounts,
  COUNT_SHARDS,
  fromUserCountItem,
  NO_COUNTS,
  userCountKey,
  type UserCounts,
} from './user-count-item.ts';
import type { UserStore } from './user-store.ts';

// What waits for a person's judgement about users: how many, which, and that a group has been judged. The users without a
// billing id are listed by UserList.

export interface SharedEmail {
  readonly group: EmailGroup;
  /** At most `USERS_SHOWN_MAX` of them. */
  readonly users: readonly Root[];
}

/** Users of one group in a list. */
export const USERS_SHOWN_MAX = 20;

export class FlagStore {
  readonly dynamo: DynamoDBClient;
  readonly table: string;
  private readonly users: UserStore;

  constructor(dynamo: DynamoDBClient, table: string, users: UserStore) {
    this.dynamo = dynamo;
    this.table = table;
    this.users = users;
  }

  async counts(): Promise<UserCounts> {
    const keys = Array.from({ length: COUNT_SHARDS }, (_, shard) => userCountKey(shard));
    const items = await batchGet(this.dynamo, this.table, keys);
    return items.map(fromUserCountItem).reduce(addCounts, NO_COUNTS);
  }

  /** Emails that several users have, but those that a person has dismissed; in no particular order. */
  async sharedEmails(limit: number, cursor?: string): Promise<Page<SharedEmail>> {
    const list = { table: this.table, partitions: SHARED_EMAIL_PKS };
    const { rows, last } = await mergedPage(this.dynamo, list, limit, afterOf(cursor));
    const items = await batchGet(
      this.dynamo,
      this.table,
      rows.map((row) => emailItemKeyOf(readS(row, 'sk'))),
    );
    // A group that has been resolved since the row was read is not one any more.
    const groups = items.map(fromEmailItem).filter((group) => groupSize(group) > 1);
    const shown = groups.map((group) => ({
      group,
      keys: [...group.imported, ...group.users].slice(0, USERS_SHOWN_MAX),
    }));
    const nodes = await this.users.nodes(shown.flatMap(({ keys }) => keys));
    const next = last === undefined ? undefined : encodeCursor({ after: S(last) });
    return {
      rows: shown.map(({ group, keys }) => ({
        group,
        users: keys.flatMap((key) => {
          const node = nodes.get(key);
          return node !== undefined && isRoot(node) ? [node] : [];
        }),
      })),
      ...(next !== undefined && { cursor: next }),
    };
  }

  /** Takes a group off the list until somebody joins it. */
  async dismiss(email: string): Promise<'dismissed' | 'unknown' | 'busy'> {
    const address = normaliseEmail(email);
    return await commitIdentity<'dismissed' | 'unknown'>(this, address, async () => {
      const facts = await this.users.groupsAndClaims([address], []);
      const draft = new IdentityDraft({ ...facts, nodes: new Map() });
      const group = draft.group(address);
      if (groupSize(group) < 2) return { result: 'unknown' };
      draft.putGroup({ ...group, dismissed: true });
      return { draft, result: 'dismissed' };
    });
  }
}

function afterOf(cursor: string | undefined): string | undefined {
  if (cursor === undefined) return undefined;
  const after = decodeCursor(cursor)?.['after']?.S;
  if (after === undefined || !/^[\w-]{22}$/.test(after))
    throw new InvalidCursorError('The cursor is not one that this list gave out.');
  return after;
}
