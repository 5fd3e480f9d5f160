import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { applyFirstTrack } from '../core/identity/apply-identify.ts';
import { moveBillingClaim } from '../core/identity/billing-claims.ts';
import { IdentityDraft, NotReadError, type IdentityFacts } from '../core/identity/identity-draft.ts';
import { putRoot } from '../core/identity/root-change.ts';
import { takeApart } from '../core/identity/take-apart.ts';
import { composedProfile, cutLink } from '../core/identity/undo-merge.ts';
import { isRoot, keysOfUser, type UserNode } from '../core/identity/user-node.ts';
import { S } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import type { PlannedItem } from './planned-item.ts';
import { engageItems } from './engage-plan.ts';
import { readEngage } from './engage-store.ts';
import { EVENT_SK, eventPk } from './event-item.ts';
import { factsForUsers } from './identity-facts.ts';
import { identityItems } from './identity-plan.ts';
import { eraseMerges } from './merge-eraser.ts';
import { fromMergeItem, mergeItemKey } from './merge-item.ts';
import {
  engageMarksOf,
  hasSurvivingEvents,
  isErased,
  keptEngage,
  keptProfile,
  marksOf,
  survivalOf,
  survivingEvent,
  type SurvivalDependencies,
} from './surviving.ts';
import type { UserStore } from './user-store.ts';

// What was said under one id, without what erased events said. The functions return whether it is done; false when
// something has changed since it was read.

export interface ForgetDependencies extends SurvivalDependencies {
  readonly dynamo: DynamoDBClient;
  /** The Users table. */
  readonly table: string;
  readonly eventsTable: string;
}

export async function forgetEngage(
  deps: ForgetDependencies,
  userKey: string,
  boundary: number,
): Promise<boolean> {
  const { dynamo, table } = deps;
  const before = (await readEngage(dynamo, table, [userKey])).get(userKey);
  if (before === undefined) return true;
  const marks = engageMarksOf(before);
  const after = keptEngage(before, await survivalOf(deps, marks, boundary));
  if (engageMarksOf(after).length === marks.length) return true;
  return await write(dynamo, () => engageItems(table, userKey, before, after));
}

/**
 * The node is taken out of the users before this; it is there again when its id has begun a new life, or when a decision
 * made before the tombstone was committed after it. Of the latter nothing stays: no word, no merge that it caused, and no
 * node when nothing else is known of the id. `leaves` is told before the node goes.
 */
export async function forgetSaid(
  deps: ForgetDependencies & { readonly users: UserStore },
  userKey: string,
  boundary: number,
  leaves: () => Promise<void>,
): Promise<boolean> {
  const { dynamo, table, users } = deps;
  const facts = await factsForUsers(users, [userKey]);
  const node = facts.nodes.get(userKey);
  if (node === undefined) return await bringBack(deps, facts, userKey, boundary);
  const marks = marksOf(node.said);
  const said = keptProfile(node.said, await survivalOf(deps, marks, boundary));
  const isOver =
    node.importedFrom === undefined &&
    marksOf(said).length === 0 &&
    !(await hasSurvivingEvents(deps, userKey, boundary));
  const links = linksOf(facts, node);
  const cut = isOver ? links : await linksOfErased(deps, links, boundary);
  if (cut.length > 0) {
    const isCut = await write(dynamo, () => {
      const draft = new IdentityDraft(facts);
      for (const { key, mergeId } of cut.slice(0, LINKS_PER_STEP)) {
        cutLink(draft, key);
        draft.removeMerge(mergeId);
      }
      return identityItems(table, draft, 0);
    });
    return isCut && (await forgetSaid(deps, userKey, boundary, leaves));
  }
  if (isOver) {
    await leaves();
    await eraseMerges(dynamo, table, users, [node]);
    return await write(dynamo, () => {
      const draft = new IdentityDraft(facts);
      takeApart(draft, draft.rootOf(userKey), [], [{ node, kept: undefined }]);
      return identityItems(table, draft, 0);
    });
  }
  if (marksOf(said).length === marks.length) return true;
  return await write(dynamo, () => {
    const draft = new IdentityDraft(facts);
    const root = draft.rootOf(userKey);
    moveBillingClaim(draft, {
      key: userKey,
      user: root,
      before: node.said.billingId?.value,
      after: said.billingId?.value,
    });
    draft.putNode({ ...node, said, profile: said });
    const nodes = keysOfUser(root).flatMap((key) => draft.node(key) ?? []);
    const profile = composedProfile(draft, nodes);
    putRoot(draft, root, { ...root, profile, ...(isRoot(node) && { said }) });
    return identityItems(table, draft, 0);
  });
}

/**
 * The user of a new life whose node has gone with the old one: the index by user did not show its event yet, or the event
 * was committed by who had still seen the node. Nothing was said under the id, or the node would have stayed. The event is
 * in the transaction, because a newer erasure may just be taking it.
 */
async function bringBack(
  deps: ForgetDependencies,
  facts: IdentityFacts,
  userKey: string,
  boundary: number,
): Promise<boolean> {
  const event = await survivingEvent(deps, userKey, boundary, STATES_WITH_USER);
  if (event === undefined) return true;
  const { key: eventKey, userId, receivedAt, state } = event;
  const isStillSo: PlannedItem = {
    item: {
      ConditionCheck: {
        TableName: deps.eventsTable,
        Key: { pk: S(eventPk(eventKey)), sk: S(EVENT_SK) },
        ConditionExpression: 'st = :st',
        ExpressionAttributeValues: { ':st': S(state) },
      },
    },
    owners: [],
  };
  return await write(deps.dynamo, () => {
    const draft = new IdentityDraft(facts);
    applyFirstTrack(draft, { eventKey, key: userKey, userId, receivedAt });
    return [isStillSo, ...identityItems(deps.table, draft, 0)];
  });
}

/** Whoever gives an event one of these makes its user where there is none. */
const STATES_WITH_USER = ['mapped', 'unmapped', 'applied'] as const;

/** Links cut in one transaction: each is up to eight items. */
const LINKS_PER_STEP = 10;

/** A link by the key of the node that it leads away from. */
interface CutLink {
  readonly key: string;
  readonly mergeId: string;
}

/** Where the id was merged into another, and others into it. */
function linksOf({ nodes }: IdentityFacts, node: UserNode): readonly CutLink[] {
  return [...nodes.values()].flatMap((each) =>
    each?.mergedInto !== undefined && (each.key === node.key || each.mergedInto.key === node.key)
      ? [{ key: each.key, mergeId: each.mergedInto.mergeId }]
      : [],
  );
}

/** Those that exist because of an event that is erased. */
async function linksOfErased(
  deps: ForgetDependencies,
  links: readonly CutLink[],
  boundary: number,
): Promise<readonly CutLink[]> {
  const items = await batchGet(
    deps.dynamo,
    deps.table,
    links.map(({ mergeId }) => mergeItemKey(mergeId)),
  );
  const causes = new Map(items.map(fromMergeItem).map(({ id, eventKey }) => [id, eventKey]));
  const events = await deps.events.items([...causes.values()].flatMap((key) => key ?? []));
  const erased = new Set([...events].filter(([, item]) => isErased(item, boundary)).map(([key]) => key));
  return links.filter(({ mergeId }) => erased.has(causes.get(mergeId) ?? ''));
}

async function write(dynamo: DynamoDBClient, plan: () => readonly PlannedItem[]): Promise<boolean> {
  try {
    const items = plan().map(({ item }) => item);
    await dynamo.send(new TransactWriteItemsCommand({ TransactItems: items }));
    return true;
  } catch (error) {
    if (error instanceof NotReadError || error instanceof TransactionCanceledException) return false;
    throw error;
  }
}
