import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isMember, mergeEngage, type EngageProfile } from '../core/engage.ts';
import { normaliseEmail } from '../core/identity/email-group.ts';
import type { IdentityFacts } from '../core/identity/identity-draft.ts';
import { isRoot, keysOfUser, MEMBERS_MAX, type Root, type UserNode } from '../core/identity/user-node.ts';
import { audienceMembers } from './audience-members.ts';
import { DamagedItemError, S } from './attributes.ts';
import { pause } from './backoff.ts';
import { batchGet } from './batch-get.ts';
import { readEngage } from './engage-store.ts';
import type { Page } from './event-store.ts';
import { billingClaimKey, fromBillingClaimItem } from './billing-claim-item.ts';
import { emailItemKey, fromEmailItem } from './email-item.ts';
import { PassingError } from './failure-kind.ts';
import { keyPartOf } from './keys.ts';
import { readTombstones } from './tombstone-item.ts';
import { fromUserItem, USER_SK, userKeyPk } from './user-item.ts';

// Reading users. A node is what is stored of one id; the user that an id belongs to is the root that its links lead to.

/** How often a path may be cut or joined under the eyes of one reader. */
const ATTEMPTS_MAX = 8;

export class UserStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** The nodes of these keys that exist, by key, consistently read. */
  async nodes(keys: Iterable<string>): Promise<Map<string, UserNode>> {
    const items = await batchGet(
      this.dynamo,
      this.table,
      [...new Set(keys)].map((key) => ({ pk: S(userKeyPk(key)), sk: S(USER_SK) })),
    );
    return new Map(items.map(fromUserItem).map((node) => [node.key, node]));
  }

  /** The nodes of these ids that exist, by id; each is a root or has been merged into one. */
  async getMany(userIds: Iterable<string>): Promise<Map<string, UserNode>> {
    const nodes = await this.nodes([...userIds].map(keyPartOf));
    return new Map([...nodes.values()].map((node) => [node.userId, node]));
  }

  /** The user that this id belongs to; for an absorbed id that is its survivor. Undefined when nobody has the id. */
  async get(userId: string): Promise<Root | undefined> {
    const key = keyPartOf(userId);
    return (await this.roots([key])).get(key);
  }

  /**
   * The roots that these keys lead to, by the key that was asked for. The answer holds for one moment between call and
   * return: a root is believed only when it lists the key, so a link that is cut halfway along the path is noticed.
   */
  async roots(keys: Iterable<string>): Promise<Map<string, Root>> {
    const found = new Map<string, Root>();
    let wanted = [...new Set(keys)];
    for (let attempt = 0; wanted.length > 0; attempt += 1) {
      if (attempt === ATTEMPTS_MAX) throw new PassingError('The links of a user keep changing.');
      if (attempt > 0) await pause(attempt);
      const paths = await this.followed(wanted);
      wanted = [...paths].flatMap(([key, root]) => {
        if (!keysOfUser(root).includes(key)) return [key];
        found.set(key, root);
        return [];
      });
    }
    return found;
  }

  /** Who has these emails (as they are compared) and billing ids; what nobody has is `undefined`. Consistently read. */
  async groupsAndClaims(
    emails: Iterable<string>,
    billingIds: Iterable<string>,
  ): Promise<Pick<IdentityFacts, 'emails' | 'claims'>> {
    const [groups, claims] = [new Set(emails), new Set(billingIds)];
    const items = await batchGet(this.dynamo, this.table, [
      ...[...groups].map(emailItemKey),
      ...[...claims].map(billingClaimKey),
    ]);
    const found = new Map(
      items
        .filter((item) => item['m'] !== undefined)
        .map((item) => [fromEmailItem(item).email, fromEmailItem(item)]),
    );
    const owners = new Map(
      items
        .filter((item) => item['k'] !== undefined)
        .map((item) => {
          const { billingId, owner } = fromBillingClaimItem(item);
          return [billingId, owner];
        }),
    );
    return {
      emails: new Map([...groups].map((email) => [email, found.get(email)])),
      claims: new Map([...claims].map((billingId) => [billingId, owners.get(billingId)])),
    };
  }

  /** The keys of all ids of the user that this id belongs to; an id that nobody has stands for itself. */
  async keysOf(userId: string): Promise<readonly string[]> {
    const root = await this.get(userId);
    return root === undefined ? [keyPartOf(userId)] : keysOfUser(root);
  }

  /** The ids of these users by the root's key, its own first; one more read only for ids that their keys do not tell. */
  async userIdsOf(roots: readonly UserNode[]): Promise<Map<string, readonly string[]>> {
    const hashed = await this.nodes(
      roots.flatMap(({ members }) => members.filter((key) => !key.startsWith('='))),
    );
    const idOf = (key: string): string | undefined =>
      key.startsWith('=') ? key.slice(1) : hashed.get(key)?.userId;
    return new Map(
      roots.map((root) => [
        root.key,
        [
          root.userId,
          ...root.members.flatMap((key) => {
            const userId = idOf(key);
            return userId === undefined ? [] : [userId];
          }),
        ],
      ]),
    );
  }

  /** The users whose email, billing id or id is exactly this; at most `max` of them. */
  async exactly(text: string, max: number): Promise<readonly Root[]> {
    const { emails, claims } = await this.groupsAndClaims([normaliseEmail(text)], [text]);
    const keys = [
      keyPartOf(text),
      ...[...claims.values()].flatMap((owner) => (owner === undefined ? [] : [owner])),
      ...[...emails.values()].flatMap((group) =>
        group === undefined ? [] : [...group.imported, ...group.users],
      ),
    ];
    const roots = await this.roots(keys.slice(0, max));
    return [...new Map([...roots.values()].map((root) => [root.key, root])).values()];
  }

  /** Where each key's links end, read step by step; keys that nobody has are left out. */
  private async followed(keys: readonly string[]): Promise<Map<string, Root>> {
    const ends = new Map<string, Root>();
    let at = new Map(keys.map((key) => [key, key]));
    for (let step = 0; at.size > 0; step += 1) {
      if (step > MEMBERS_MAX) throw new DamagedItemError('The links of a user lead in a circle.');
      const nodes = await this.nodes(at.values());
      const next = new Map<string, string>();
      for (const [key, place] of at) {
        const node = nodes.get(place);
        if (node === undefined) continue;
        if (isRoot(node)) ends.set(key, node);
        else if (node.mergedInto !== undefined) next.set(key, node.mergedInto.key);
      }
      at = next;
    }
    return ends;
  }

  /** Of an id whose user has been erased: the boundary of that erasure. */
  async erasedBefore(userId: string): Promise<number | undefined> {
    const key = keyPartOf(userId);
    return (await readTombstones(this.dynamo, this.table, [key])).get(key);
  }

  /** What Engage said about all ids of these users, by the root's key. */
  async engageOf(roots: readonly UserNode[]): Promise<Map<string, EngageProfile>> {
    const stored = await readEngage(this.dynamo, this.table, roots.flatMap(keysOfUser));
    return new Map(
      roots.map((root) => [root.key, mergeEngage(keysOfUser(root).flatMap((key) => stored.get(key) ?? []))]),
    );
  }

  /**
   * The users in an audience, by id. Members are listed by the id that the events carried; a user with several ids is
   * shown where the first of them stands, and only when the newest word of all of them has the user in.
   */
  async inAudience(audience: string, limit: number, cursor?: string): Promise<Page<Root>> {
    const page = await audienceMembers(this.dynamo, this.table, audience, limit, cursor);
    const roots = await this.roots(page.rows);
    const stored = await readEngage(this.dynamo, this.table, [...roots.values()].flatMap(keysOfUser));
    const isIn = (...keys: readonly string[]): boolean => {
      const said = mergeEngage(keys.flatMap((key) => stored.get(key) ?? [])).audiences.get(audience);
      return said !== undefined && isMember(said);
    };
    const rows = page.rows.flatMap((key) => {
      const root = roots.get(key);
      if (root === undefined || !isIn(...keysOfUser(root))) return [];
      const first = keysOfUser(root)
        .filter((each) => isIn(each))
        .toSorted()[0];
      return first === key ? [root] : [];
    });
    return { ...page, rows };
  }
}
