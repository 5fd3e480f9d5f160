import { secretsClient } from '../../adapters/admin-secret.ts';
import { BillingSecret } from '../../adapters/billing-secret.ts';
import { dynamoClient, sqsClient } from '../../adapters/clients.ts';
import { ImportQueue } from '../../adapters/import-queue.ts';
import { ImportStore } from '../../adapters/import-store.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { UserImport } from '../../adapters/user-import.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { readEnvironment } from './environment.ts';
import { importsHandler } from './handler.ts';
import { sourceOf } from './source-of.ts';

const environment = readEnvironment(process.env);
const dynamo = dynamoClient();
const billingSecret = new BillingSecret(secretsClient(), environment.BILLING_SECRET_ARN, Date.now);
const imports = new ImportStore(dynamo, environment.OPERATIONS_TABLE);

export const handler = importsHandler({
  imports,
  userImport: new UserImport(dynamo, environment.USERS_TABLE, new UserStore(dynamo, environment.USERS_TABLE)),
  rulesets: new RulesetStore(dynamo, environment.CONFIG_TABLE),
  queue: new ImportQueue(sqsClient(), environment.IMPORTS_QUEUE_URL),
  billingSecret,
  sourceOf: sourceOf({ imports, billingSecret }),
  now: Date.now,
});
