import { ImportStore } from '../../../adapters/import-store.ts';
import { RulesetStore } from '../../../adapters/ruleset-store.ts';
import { BillingSecret } from '../../../adapters/billing-secret.ts';
import { ImportQueue } from '../../../adapters/import-queue.ts';
import { UserImport } from '../../../adapters/user-import.ts';
import { UserStore } from '../../../adapters/user-store.ts';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ProviderAddress } from '../../../functions/imports/customer-list.ts';
import { importsHandler, type ImportsEvent } from '../../../functions/imports/handler.ts';
import { sourceOf } from '../../../functions/imports/source-of.ts';
import type { Admin } from '../../support/admin.ts';
import type { TestTables } from '../../support/dynamo.ts';

/** The imports function beside an admin API: the same tables, secret and queue, with the providers where a test says. */
export function createImportsFunction(
  dynamo: DynamoDBClient,
  tables: TestTables,
  admin: Admin,
  ports: { readonly stripe?: number; readonly chargebee?: number } = {},
) {
  const imports = new ImportStore(dynamo, tables.operations);
  const now = (): number => admin.clock.now;
  const billingSecret = new BillingSecret(admin.secretsOfBilling, 'arn:billing', now);
  const at = (host: string, port = 9): ProviderAddress => ({ host, port, protocol: 'http' });
  const handler = importsHandler({
    imports,
    userImport: new UserImport(dynamo, tables.users, new UserStore(dynamo, tables.users)),
    rulesets: new RulesetStore(dynamo, tables.config),
    queue: new ImportQueue(admin.sqsOfImports, 'http://queue.invalid/imports'),
    billingSecret,
    // The site of the tests is 127.0.0, which Chargebee's client puts before this.
    sourceOf: sourceOf({
      imports,
      billingSecret,
      addresses: { stripe: at('127.0.0.1', ports.stripe), chargebee: at('.1', ports.chargebee) },
    }),
    now,
  });
  const timeLeft = { getRemainingTimeInMillis: () => 300_000 };
  return {
    invoke: (event: ImportsEvent) => handler(event, timeLeft),
    /** Works off the queue, as far as the messages may be seen at once; returns the delays of those that may not. */
    async work(): Promise<void> {
      for (
        let body = admin.importQueue.sent.shift();
        body !== undefined;
        body = admin.importQueue.sent.shift()
      ) {
        await handler({ Records: [recordOf(body)] }, timeLeft);
      }
    },
  };
}

const recordOf = (body: string) => ({
  messageId: 'message',
  receiptHandle: 'receipt',
  body,
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:imports',
  awsRegion: 'us-east-1',
});
