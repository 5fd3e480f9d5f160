import { BillingSecret } from '../../adapters/billing-secret.ts';
import { ImportQueue } from '../../adapters/import-queue.ts';
import { ImportStore } from '../../adapters/import-store.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { UserImport } from '../../adapters/user-import.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { importsHandler } from '../../functions/imports/handler.ts';
import { sourceOf } from '../../functions/imports/source-of.ts';
import { BILLING_SECRET } from './secret-values.ts';
import { QUEUES, TABLES, urlOf } from './deployment-names.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedClients } from './simulated-aws.ts';

/** The imports function as its index file wires it. The providers themselves are not simulated: nobody asks them. */
export function wireImports({
  scheduler,
  clients: { dynamo, sqs, secrets },
}: {
  readonly scheduler: Scheduler;
  readonly clients: SimulatedClients;
}) {
  const now = (): number => scheduler.now;
  const imports = new ImportStore(dynamo, TABLES.operations);
  const billingSecret = new BillingSecret(secrets, BILLING_SECRET, now);
  return importsHandler({
    imports,
    userImport: new UserImport(dynamo, TABLES.users, new UserStore(dynamo, TABLES.users)),
    rulesets: new RulesetStore(dynamo, TABLES.config),
    queue: new ImportQueue(sqs, urlOf(QUEUES.imports)),
    billingSecret,
    sourceOf: sourceOf({ imports, billingSecret }),
    now,
  });
}
