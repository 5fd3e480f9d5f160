import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { IdentityDraft, NotReadError } from '../core/identity/identity-draft.ts';
import { moveBillingClaim } from '../core/identity/billing-claims.ts';
import { putRoot } from '../core/identity/root-change.ts';
import { takeApart } from '../core/identity/take-apart.ts';
import { composedProfile } from '../core/identity/undo-merge.ts';
import { isRoot, keysOfUser, type UserNode } from '../core/identity/user-node.ts';
import type { PlannedItem } from './planned-item.ts';
import { engageItems } from './engage-plan.ts';
import { readEngage } from './engage-store.ts';
import { factsForUsers } from './identity-facts.ts';
import { identityItems } from './identity-plan.ts';
import { eraseMerges } from './merge-eraser.ts';
import { MergeStore } from './merge-store.ts';
import {
  engageMarksOf,
  hasSurvivingEvents,
  keptEngage,
  keptProfile,
  marksOf,
  survivalOf,
  type SurvivalDependencies,
} from './surviving.ts';
import type { UserStore } from './user-store.ts';

// What was said under one id, without what erased events said. The functions return whether it is done; false when
// something has changed since it was read.

export interface ForgetDependencies extends SurvivalDependencies {
  readonly dynamo: DynamoDBClient;
  /** The Users table. */
  readonly table: string;
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
 * made before the tombstone was committed after it. Of the latter nothing stays, though somebody may have merged it with
 * others meanwhile: they are set free first.
 */
export async function forgetSaid(
  deps: ForgetDependencies & { readonly users: UserStore },
  userKey: string,
  boundary: number,
): Promise<boolean> {
  const { dynamo, table, users } = deps;
  const facts = await factsForUsers(users, [userKey]);
  const node = facts.nodes.get(userKey);
  if (node === undefined) return true;
  const marks = marksOf(node.said);
  const said = keptProfile(node.said, await survivalOf(deps, marks, boundary));
  const isNobody =
    node.importedFrom === undefined &&
    marksOf(said).length === 0 &&
    !(await hasSurvivingEvents(deps, userKey, boundary));
  if (isNobody) {
    const links = linksOf(facts.nodes.values(), userKey);
    if (links.length > 0) {
      const merges = new MergeStore(dynamo, table, users);
      for (const mergeId of links) await merges.undo(mergeId, { at: boundary, actor: 'erasure' });
      return false;
    }
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
    const [before, after] = [node.said.billingId?.value, said.billingId?.value];
    moveBillingClaim(draft, { key: userKey, user: root, before, after });
    if (!isRoot(node)) draft.putNode({ ...node, said, profile: said });
    const nodes = keysOfUser(root).flatMap((key) =>
      key === userKey ? { ...node, said } : (draft.node(key) ?? []),
    );
    const profile = composedProfile(draft, nodes);
    putRoot(draft, root, { ...root, profile, ...(isRoot(node) && { said }) });
    return identityItems(table, draft, 0);
  });
}

/** The merges in force with this id on either side. */
const linksOf = (nodes: Iterable<UserNode | undefined>, userKey: string): readonly string[] =>
  [...nodes].flatMap((node) => {
    const link = node?.mergedInto;
    return link !== undefined && (node?.key === userKey || link.key === userKey) ? [link.mergeId] : [];
  });

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
