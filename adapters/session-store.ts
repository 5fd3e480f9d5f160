import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { N, readN, readOneOf, readOptionalS, readS, S } from './attributes.ts';
import { secretHashOf } from './keys.ts';

// Sessions of people who are signed in. The token is in the browser's cookie and nowhere else: the table is asked by the
// token's hash, so who reads the table cannot be anybody. Reads are consistent and never remembered, so that signing out
// holds at once and everywhere.

export interface StoredSession {
  readonly callerId: string;
  readonly scope: 'read' | 'admin';
  /** What shows that the key it was opened with is still good (functions/admin/session.ts). */
  readonly proof: string;
  readonly createdAt: number;
  /** The last request, to the nearest few minutes. */
  readonly seenAt: number;
}

const SK = 's';
const keyOf = (token: string) => ({ pk: S(`session#${secretHashOf(token)}`), sk: S(SK) });

export class SessionStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** `keptUntil`: when DynamoDB may remove it, epoch milliseconds. */
  async start(token: string, session: StoredSession, keptUntil: number): Promise<void> {
    await this.dynamo.send(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          ...keyOf(token),
          cl: S(session.callerId),
          sc: S(session.scope),
          pr: S(session.proof),
          ca: N(session.createdAt),
          se: N(session.seenAt),
          ttl: N(Math.ceil(keptUntil / 1000)),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  }

  /** Also a session that has expired, for as long as DynamoDB keeps it. */
  async find(token: string): Promise<StoredSession | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: keyOf(token), ConsistentRead: true }),
    );
    if (item === undefined) return undefined;
    return {
      callerId: readS(item, 'cl'),
      scope: readOneOf(item, 'sc', ['read', 'admin']),
      proof: readOptionalS(item, 'pr') ?? '',
      createdAt: readN(item, 'ca'),
      seenAt: readN(item, 'se'),
    };
  }

  /** Notes a request. A session that was ended in between stays ended. */
  async touch(token: string, now: number): Promise<void> {
    try {
      await this.dynamo.send(
        new UpdateItemCommand({
          TableName: this.table,
          Key: keyOf(token),
          UpdateExpression: 'SET se = :now',
          ConditionExpression: 'attribute_exists(pk)',
          ExpressionAttributeValues: { ':now': N(now) },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async end(token: string): Promise<void> {
    await this.dynamo.send(new DeleteItemCommand({ TableName: this.table, Key: keyOf(token) }));
  }
}
