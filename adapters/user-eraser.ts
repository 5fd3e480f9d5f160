import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { IdentityDraft, NotReadError, type IdentityFacts } from '../core/identity/identity-draft.ts';
import { furthestFirst, takeApart, type LeavingId } from '../core/identity/take-apart.ts';
import { isRoot, keysOfUser, type Root, type UserNode } from '../core/identity/user-node.ts';
import { pause } from './backoff.ts';
import type { Tables } from './commit-plan.ts';
import { PassingError } from './failure-kind.ts';
import type { PlannedItem } from './planned-item.ts';
import { EventStore } from './event-store.ts';
import { factsForUsers } from './identity-facts.ts';
import { identityItems } from './identity-plan.ts';
import { keyPartOf } from './keys.ts';
import { mapAtMost } from './map-at-most.ts';
import { eraseMerges } from './merge-eraser.ts';
import { hasSurvivingEvents, keptProfile, marksOf, survivalOf } from './surviving.ts';
import { tombstoneUpdate } from './tombstone-item.ts';
import { UserStore } from './user-store.ts';
import { UserTraces } from './user-traces.ts';
import { forgetEngage, forgetSaid } from './words-eraser.ts';

// Takes an erased user out of the Users table: its ids, the links between them, emails, billing ids, lists, counts, merges.

export interface UserIdentity {
  readonly userKey: string;
  readonly userId: string;
}

interface WholeUser {
  readonly facts: IdentityFacts;
  readonly root: Root;
  readonly nodes: readonly UserNode[];
}

/** Ids that leave in one transaction: each is up to six items. */
const IDS_PER_STEP = 10;
const TOMBSTONES_AT_ONCE = 8;
const CONFLICTS_MAX = 20;

export class UserEraser {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly eventsTable: string;
  private readonly users: UserStore;
  private readonly events: EventStore;
  private readonly traces: UserTraces;

  constructor(dynamo: DynamoDBClient, tables: Tables) {
    this.dynamo = dynamo;
    this.table = tables.users;
    this.eventsTable = tables.events;
    this.users = new UserStore(dynamo, tables.users);
    this.events = new EventStore(dynamo, tables.events);
    this.traces = new UserTraces(dynamo, tables);
  }

  /**
   * Takes apart the users that these ids belong to. Each id that is found is told to `found` before anything of it goes,
   * and has its tombstone by then: from that moment nothing older is counted for it that was not decided before.
   * Returns how many links and merges there were.
   */
  async takeApart(
    ids: readonly UserIdentity[],
    { boundary, requestedAt }: { readonly boundary: number; readonly requestedAt: number },
    found: (ids: readonly UserIdentity[]) => Promise<void>,
  ): Promise<{ readonly links: number; readonly merges: number }> {
    const known = new Map(ids.map((id) => [id.userKey, id]));
    await this.bury([...known.keys()], boundary);
    let [links, merges] = [0, 0];
    const remove = async ({ facts, root, nodes }: WholeUser): Promise<boolean> => {
      const news = nodes
        .filter(({ key }) => !known.has(key))
        .map(({ key, userId }) => ({ userKey: key, userId }));
      await found(news);
      for (const id of news) known.set(id.userKey, id);
      await this.bury(
        news.map(({ userKey }) => userKey),
        boundary,
      );
      merges += await eraseMerges(this.dynamo, this.table, this.users, nodes);

      const below = furthestFirst(nodes).filter(({ key }) => key !== root.key);
      const step = below.length > 0 ? below.slice(0, IDS_PER_STEP) : nodes;
      const leaving = await Promise.all(step.map((node) => this.leave(node, boundary, requestedAt)));
      const isDone = await this.attempt(() => {
        const draft = new IdentityDraft(facts);
        takeApart(
          draft,
          root,
          below.map(({ key }) => key),
          leaving,
        );
        return identityItems(this.table, draft, 0);
      });
      if (isDone) links += step.filter((node) => !isRoot(node)).length;
      return isDone;
    };
    for (let conflicts = 0; conflicts < CONFLICTS_MAX;) {
      const userKey = await this.nextUser([...known.keys()], requestedAt);
      if (userKey === undefined) return { links, merges };
      const user = await this.userOf(userKey);
      const isDone = user !== undefined && (await remove(user));
      if (isDone) continue;
      conflicts += 1;
      await pause(conflicts);
    }
    throw new PassingError('A user that is to be erased keeps changing.');
  }

  /**
   * What was said under the id by events that are erased, and the id itself when nothing else is known of it; `leaves` is
   * told before it goes. An id that is gone, and of which an event is there that is not erased, comes back.
   */
  async forget(userKey: string, boundary: number, leaves: () => Promise<void>): Promise<void> {
    const { dynamo, table, eventsTable, events, traces } = this;
    const deps = { dynamo, table, eventsTable, events, traces };
    for (let conflicts = 1; conflicts <= CONFLICTS_MAX; conflicts += 1) {
      const isDone =
        (await forgetEngage(deps, userKey, boundary)) &&
        (await forgetSaid({ ...deps, users: this.users }, userKey, boundary, leaves));
      if (isDone) return;
      await pause(conflicts);
    }
    throw new PassingError('A user that is to be erased keeps changing.');
  }

  private async bury(userKeys: readonly string[], boundary: number): Promise<void> {
    await mapAtMost(TOMBSTONES_AT_ONCE, userKeys, async (userKey) => {
      try {
        await this.dynamo.send(new UpdateItemCommand(tombstoneUpdate(this.table, userKey, boundary)));
      } catch (error) {
        // A newer erasure has been here.
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    });
  }

  /**
   * An id whose user is still there, as it was when the erasure was asked for. An id that came up later, or that is what was
   * left of one, is in another life.
   */
  private async nextUser(userKeys: readonly string[], requestedAt: number): Promise<string | undefined> {
    const nodes = await this.users.nodes(userKeys);
    return [...nodes.values()].find(({ createdAt }) => createdAt <= requestedAt)?.key;
  }

  /**
   * The user that an id belongs to, all from one look: a root found by an earlier one may have been merged since, and would
   * be taken for the whole of the user, whose survivor would keep what was said under it. Undefined when the reads do not fit
   * together.
   */
  private async userOf(userKey: string): Promise<WholeUser | undefined> {
    try {
      const facts = await factsForUsers(this.users, [userKey]);
      const root = new IdentityDraft(facts).rootOf(userKey);
      const nodes = keysOfUser(root).flatMap((key) => facts.nodes.get(key) ?? []);
      return nodes.length === keysOfUser(root).length ? { facts, root, nodes } : undefined;
    } catch (error) {
      if (error instanceof NotReadError) return undefined;
      throw error;
    }
  }

  private async leave(node: UserNode, boundary: number, requestedAt: number): Promise<LeavingId> {
    const deps = { events: this.events, traces: this.traces };
    const stays = await survivalOf(deps, marksOf(node.said), boundary);
    const said = keptProfile(node.said, stays);
    const goesOn =
      (node.importedFrom !== undefined && node.createdAt >= boundary) ||
      Object.keys(said).length > 0 ||
      (await hasSurvivingEvents(deps, node.key, boundary));
    // A new life begins after the request, which is how it is told from the old one when this is done again.
    return {
      node: { ...node, createdAt: requestedAt + 1 },
      kept: goesOn ? said : undefined,
    };
  }

  /** Whether it was written; false when something has changed since it was read. */
  private async attempt(plan: () => readonly PlannedItem[]): Promise<boolean> {
    try {
      const items = plan().map(({ item }) => item);
      await this.dynamo.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return true;
    } catch (error) {
      if (error instanceof NotReadError || error instanceof TransactionCanceledException) return false;
      throw error;
    }
  }
}

export const identityOf = (userId: string): UserIdentity => ({ userKey: keyPartOf(userId), userId });
