import { randomBytes } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { N, readN, readOneOf, readOptionalN, readS, readText, S, T, type Item } from './attributes.ts';
import { secretHashOf } from './keys.ts';

// API keys. The secret is shown once and only its SHA-256 is kept, which is also what the item is found by: looking a key
// up compares no secret byte by byte, so its timing says nothing. Keys are 192 random bits, so a plain hash is enough.

export const API_KEY_SCOPES = ['ingest', 'read', 'admin'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

export interface ApiKey {
  readonly id: string;
  readonly scope: ApiKeyScope;
  readonly name: string;
  /** The first characters of the secret, so that a person can tell keys apart. */
  readonly prefix: string;
  readonly createdAt: number;
  readonly revokedAt?: number;
}

const hashPk = (hash: string): string => `key#${hash}`;
const HASH_SK = 'k';
const LIST_PK = 'keys';
const PREFIX_LENGTH = 8;

/** A new secret; the scope is in front so that a key in the wrong place is recognised by a person. */
export function newApiKeySecret(scope: ApiKeyScope): string {
  return `th_${scope}_${randomBytes(24).toString('base64url')}`;
}

export class ApiKeyStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** The key that this secret belongs to, revoked or not; undefined when there is none. Throws when the store cannot be read. */
  async find(secret: string): Promise<ApiKey | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(hashPk(secretHashOf(secret))), sk: S(HASH_SK) },
      }),
    );
    return item === undefined ? undefined : fromItem(item);
  }

  /** Makes the key of this secret unless it exists already. */
  async ensure(
    secret: string,
    key: { readonly scope: ApiKeyScope; readonly name: string },
    now: number,
  ): Promise<ApiKey> {
    const hash = secretHashOf(secret);
    const created: ApiKey = {
      id: `key_${hash.slice(0, 16)}`,
      scope: key.scope,
      name: key.name,
      prefix: secret.slice(0, Math.min(PREFIX_LENGTH + 'th_ingest_'.length, Math.floor(secret.length / 2))),
      createdAt: now,
    };
    const attributes = {
      id: S(created.id),
      sc: S(created.scope),
      nm: T(created.name),
      px: S(created.prefix),
      ca: N(created.createdAt),
    };
    try {
      await this.dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: [
            {
              Put: {
                TableName: this.table,
                Item: { pk: S(hashPk(hash)), sk: S(HASH_SK), ...attributes },
                ConditionExpression: 'attribute_not_exists(pk)',
              },
            },
            {
              Put: {
                TableName: this.table,
                Item: { pk: S(LIST_PK), sk: S(created.id), h: S(hash), ...attributes },
              },
            },
          ],
        }),
      );
      return created;
    } catch (error) {
      const existing = await this.find(secret);
      if (existing === undefined) throw error;
      return existing;
    }
  }

  /** All keys, revoked ones included. */
  async list(): Promise<readonly ApiKey[]> {
    const keys: ApiKey[] = [];
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(LIST_PK) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      keys.push(...(answer.Items ?? []).map(fromItem));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return keys;
  }

  /** Returns whether the key exists. Revoking twice keeps the first time. */
  async revoke(id: string, now: number): Promise<boolean> {
    const { Item: listed } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: S(LIST_PK), sk: S(id) }, ConsistentRead: true }),
    );
    if (listed === undefined) return false;
    const places = [
      { pk: S(hashPk(readS(listed, 'h'))), sk: S(HASH_SK) },
      { pk: S(LIST_PK), sk: S(id) },
    ];
    // The key itself first: if the second write fails, it is revoked and the list can be mended by revoking again.
    for (const place of places) {
      try {
        await this.dynamo.send(
          new UpdateItemCommand({
            TableName: this.table,
            Key: place,
            UpdateExpression: 'SET rv = if_not_exists(rv, :now)',
            ConditionExpression: 'attribute_exists(pk)',
            ExpressionAttributeValues: { ':now': N(now) },
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }
    return true;
  }
}

function fromItem(item: Item): ApiKey {
  const revokedAt = readOptionalN(item, 'rv');
  return {
    id: readS(item, 'id'),
    scope: readOneOf(item, 'sc', API_KEY_SCOPES),
    name: readText(item, 'nm'),
    prefix: readS(item, 'px'),
    createdAt: readN(item, 'ca'),
    ...(revokedAt !== undefined && { revokedAt }),
  };
}
