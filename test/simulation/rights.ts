import { functionNames, grants, type FunctionName, type ResourceName } from '../../infra/grants.ts';
import { serviceCallOf } from '../../local/iam/service-call.ts';
import { arnOf } from '../../local/local-account.ts';
import { QUEUES, TABLES } from './deployment-names.ts';
import { ADMIN_SECRET, BILLING_SECRET } from './secret-values.ts';

// What functions are seen to do, against what infra/grants.ts allows them: each must be all of the other. What a call needs
// is what the local runtime holds it to, and the runtime denies what is not granted; here it is also said what is granted
// and never used.

const tableArn = (name: string): string => arnOf('dynamodb', `table/${name}`);
const queueArn = (name: string): string => arnOf('sqs', name);
const secretArn = (name: string): string => arnOf('secretsmanager', `secret:${name}`);

const RESOURCES: ReadonlyMap<string, ResourceName> = new Map([
  [tableArn(TABLES.events), 'EventsTable'],
  [`${tableArn(TABLES.events)}/index/byUser`, 'EventsTable.byUser'],
  [tableArn(TABLES.usage), 'UsageTable'],
  [`${tableArn(TABLES.usage)}/index/byFeatureDay`, 'UsageTable.byFeatureDay'],
  [tableArn(TABLES.users), 'UsersTable'],
  [tableArn(TABLES.config), 'ConfigTable'],
  [tableArn(TABLES.operations), 'OperationsTable'],
  [queueArn(QUEUES.events), 'EventsQueue'],
  [queueArn(QUEUES.sweeps), 'ReprocessQueue'],
  [queueArn(QUEUES.imports), 'ImportsQueue'],
  [secretArn(ADMIN_SECRET), 'AdminKey'],
  [secretArn(BILLING_SECRET), 'BillingSecret'],
]);

export class Rights {
  private readonly used = new Set<string>();

  /** A request as it is sent. */
  note(functionName: string, { target, body }: { readonly target: string; readonly body: string }): void {
    const needs = serviceCallOf(target, Buffer.from(body))?.needs;
    if (needs === undefined) this.used.add(`${functionName}: ${target}, which no policy could allow`);
    for (const { action, resource } of needs ?? [])
      this.used.add(`${functionName}: ${action} on ${RESOURCES.get(resource) ?? resource}`);
  }

  /** Where what was used and what is granted are not the same. */
  differences(): readonly string[] {
    const granted = new Set(functionNames.flatMap(grantedToCode));
    return [
      ...[...this.used]
        .filter((right) => !granted.has(right))
        .map((right) => `USED AND NOT GRANTED  ${right}`),
      ...[...granted]
        .filter((right) => !this.used.has(right))
        .map((right) => `GRANTED AND NEVER USED  ${right}`),
    ];
  }
}

// What Lambda does in a function's name: it polls, and keeps a note of a stream record that it gave up. That these rights
// belong to triggers is for test/infra to say.
const POLLING = ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'];
const FOR_LAMBDA = ['ConfigTable.stream', 'LostTriggersQueue'];

function grantedToCode(name: FunctionName): string[] {
  return Object.entries(grants[name])
    .filter(([resource]) => !FOR_LAMBDA.includes(resource))
    .flatMap(([resource, actions]) => {
      const isPolled = actions.includes('sqs:ReceiveMessage');
      return actions
        .filter((action) => !(isPolled && POLLING.includes(action)))
        .map((action) => `${name}: ${action} on ${resource}`);
    });
}
