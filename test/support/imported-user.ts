import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { commitIdentity } from '../../adapters/identity-commit.ts';
import { factsForIdentifies } from '../../adapters/identity-facts.ts';
import { importedUserIdOf, keyPartOf } from '../../adapters/keys.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { IdentityDraft } from '../../core/identity/identity-draft.ts';
import { putRoot } from '../../core/identity/root-change.ts';
import { newNode } from '../../core/identity/user-node.ts';
import type { Profile } from '../../core/user.ts';

export interface ImportedUser {
  readonly source: string;
  readonly name?: string;
  readonly email?: string;
  readonly billingId?: string;
  readonly at?: number;
}

/** Stores an imported user as an import would that found nobody; returns its id. */
export async function importUser(
  client: DynamoDBClient,
  table: string,
  { source, at = 1_000, ...fields }: ImportedUser,
): Promise<string> {
  const users = new UserStore(client, table);
  const userId = importedUserIdOf(source);
  const key = keyPartOf(userId);
  const said: Profile = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, { value, time: at, source }]),
  );
  await commitIdentity({ dynamo: client, table }, key, async () => {
    const draft = new IdentityDraft(await factsForIdentifies(users, [], [{ key, said }]));
    draft.actFor(source);
    putRoot(draft, undefined, newNode({ key, userId }, { said, createdAt: at, importedFrom: source }));
    if (said.billingId !== undefined) draft.putBillingOwner(said.billingId.value, key);
    return { draft, result: undefined };
  });
  return userId;
}
