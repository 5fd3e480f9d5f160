import { CfnResource, RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';

// The five tables and nothing else: what a deployment must never lose. What their items mean is in docs/architecture.md.
//
// `Table`, not `TableV2`: the latter is a CloudFormation GlobalTable, a shape made for replicas, and this product lives in
// one region. CloudFormation cannot turn one type into the other without an import.
//
// Encryption stays with the key that AWS owns. A customer-managed key would add a monthly price, a KMS call to the bill of
// uncached reads, and a way to lose every table at once (a disabled or deleted key); it would protect against readers who
// have dynamodb: but not kms: rights, which no role in this stack separates.

interface TableOptions {
  readonly stream?: StreamViewType;
  readonly timeToLiveAttribute?: string;
}

export class Storage extends Construct {
  readonly events: Table;
  readonly usage: Table;
  readonly users: Table;
  readonly config: Table;
  readonly operations: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.events = this.table('EventsTable');
    this.events.addGlobalSecondaryIndex({
      indexName: BY_USER_INDEX,
      partitionKey: { name: 'u', type: AttributeType.STRING },
      sortKey: { name: 't', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.usage = this.table('UsageTable');
    this.usage.addGlobalSecondaryIndex({
      indexName: BY_FEATURE_DAY_INDEX,
      partitionKey: { name: 'fd', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.users = this.table('UsersTable');
    // Only this table is streamed: it is small and calm, and a stream costs a read per record. What expires in it are notes
    // of changes that were made.
    this.config = this.table('ConfigTable', {
      stream: StreamViewType.NEW_IMAGE,
      timeToLiveAttribute: 'ttl',
    });
    this.operations = this.table('OperationsTable', { timeToLiveAttribute: 'ttl' });
  }

  private table(id: string, options: TableOptions = {}): Table {
    const table = new Table(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
      ...options,
    });
    pinLogicalId(table, id);
    return table;
  }
}

export const BY_USER_INDEX = 'byUser';
export const BY_FEATURE_DAY_INDEX = 'byFeatureDay';

/**
 * A logical id normally follows the construct's place in the tree. For what is retained, moving a construct would then
 * leave the data behind in an orphan and deploy an empty replacement; so these ids are fixed by hand, for ever.
 */
export function pinLogicalId(construct: Construct, logicalId: string): void {
  const resource = construct.node.defaultChild;
  if (!CfnResource.isCfnResource(resource))
    throw new Error(`${logicalId} has no resource of its own to pin.`);
  resource.overrideLogicalId(logicalId);
}
