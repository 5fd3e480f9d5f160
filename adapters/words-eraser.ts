import {
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { IdentityDraft, NotReadError } from '../core/identity/identity-draft.ts';
import { putRoot } from '../core/identity/root-change.ts';
import { takeApart } from '../core/identity/take-apart.ts';
import { isRoot, keysOfUser } from '../core/identity/user-node.ts';
import { mergeProfiles } from '../core/user.ts';
import type { PlannedItem } from './planned-item.ts';
import { engageItems } from './engage-plan.ts';
import { readEngage } from './engage-store.ts';
import { factsForUsers } from './identity-facts.ts';
import { identityItems } from './identity-plan.ts';
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
 * made before the tombstone was committed after it. Of the latter nothing stays.
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
  const isAlone = isRoot(node) && node.members.length === 0 && node.importedFrom === undefined;
  if (isAlone && marksOf(said).length === 0 && !(await hasSurvivingEvents(deps, userKey, boundary))) {
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
    const { billingId } = node.said;
    if (
      billingId !== undefined &&
      said.billingId === undefined &&
      draft.billingOwner(billingId.value) === userKey
    )
      draft.putBillingOwner(billingId.value, undefined);
    if (!isRoot(node)) draft.putNode({ ...node, said, profile: said });
    const profile = keysOfUser(root)
      .map((key) => (key === userKey ? said : (draft.node(key)?.said ?? {})))
      .reduce(mergeProfiles, {});
    putRoot(draft, root, { ...root, profile, ...(isRoot(node) && { said }) });
    return identityItems(table, draft, 0);
  });
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
