import { randomBytes } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import {
  N,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  readText,
  S,
  T,
  type Item,
} from './attributes.ts';
import { secretHashOf } from './keys.ts';

// API keys. The secret is shown once and only its SHA-256 is kept, which is also what the item is found by: looking a key
// up compares no secret byte by byte, so its timing says nothing. Keys are 192 random bits, so a plain hash is enough.
//
// A signature secret, with which Segment signs what it sends under a key, must be kept itself: an HMAC cannot be checked
// against a hash. It stands only in the item that is found by the key, never in the list.

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
  /** How many signature secrets it has; with any, a request needs a valid X-Signature beside the key. */
  readonly signatureSecretCount?: number;
}

/** A key as whoever checks a request needs it. Not for lists and answers: it holds the signature secrets. */
export interface FoundApiKey extends ApiKey {
  readonly signatureSecrets: readonly string[];
}

/** Two, so that a secret can be changed in Segment without losing what is under way. */
export const SIGNATURE_SECRETS_MAX = 2;

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
  async find(secret: string): Promise<FoundApiKey | undefined> {
    return await this.findByHash(secretHashOf(secret));
  }

  /** The key whose secret has this SHA-256, in hex. */
  async findByHash(hash: string): Promise<FoundApiKey | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: S(hashPk(hash)), sk: S(HASH_SK) } }),
    );
    return item === undefined ? undefined : { ...fromItem(item), signatureSecrets: secretsOf(item) };
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
      const { signatureSecrets: _, ...key } = existing;
      return key;
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
    return await this.update(id, () => ({
      UpdateExpression: 'SET rv = if_not_exists(rv, :now)',
      ExpressionAttributeValues: { ':now': N(now) },
    }));
  }

  /**
   * Replaces the signature secrets of a key, at most two; none switches the check off. Returns whether the key exists.
   * Containers of ingest remember keys, so for half a minute some still check against the secrets before.
   */
  async setSignatureSecrets(id: string, secrets: readonly string[]): Promise<boolean> {
    if (secrets.length > SIGNATURE_SECRETS_MAX || secrets.includes(''))
      throw new RangeError('A key has at most two signature secrets, none of them empty.');
    if (secrets.length === 0)
      return await this.update(id, (place) => ({
        UpdateExpression: `REMOVE ${place === 'key' ? 'ss' : 'sn'}`,
      }));
    return await this.update(id, (place) =>
      place === 'key'
        ? {
            UpdateExpression: 'SET ss = :secrets',
            ExpressionAttributeValues: { ':secrets': S(JSON.stringify(secrets)) },
          }
        : { UpdateExpression: 'SET sn = :count', ExpressionAttributeValues: { ':count': N(secrets.length) } },
    );
  }

  /** Changes a key in both of its items; returns whether it exists. */
  private async update(
    id: string,
    changeOf: (
      place: 'key' | 'list',
    ) => Pick<UpdateItemCommandInput, 'UpdateExpression' | 'ExpressionAttributeValues'>,
  ): Promise<boolean> {
    const { Item: listed } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: S(LIST_PK), sk: S(id) }, ConsistentRead: true }),
    );
    if (listed === undefined) return false;
    // The key itself first: if the second write fails, the change holds, and doing it again mends the list.
    const places = [
      ['key', { pk: S(hashPk(readS(listed, 'h'))), sk: S(HASH_SK) }],
      ['list', { pk: S(LIST_PK), sk: S(id) }],
    ] as const;
    for (const [place, key] of places) {
      try {
        await this.dynamo.send(
          new UpdateItemCommand({
            TableName: this.table,
            Key: key,
            ConditionExpression: 'attribute_exists(pk)',
            ...changeOf(place),
          }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    }
    return true;
  }
}

const secretsSchema = z.array(z.string());

function secretsOf(item: Item): readonly string[] {
  const stored = readOptionalS(item, 'ss');
  return stored === undefined ? [] : z.parse(secretsSchema, JSON.parse(stored));
}

function fromItem(item: Item): ApiKey {
  const revokedAt = readOptionalN(item, 'rv');
  const signatureSecretCount = readOptionalN(item, 'sn') ?? secretsOf(item).length;
  return {
    id: readS(item, 'id'),
    scope: readOneOf(item, 'sc', API_KEY_SCOPES),
    name: readText(item, 'nm'),
    prefix: readS(item, 'px'),
    createdAt: readN(item, 'ca'),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(signatureSecretCount > 0 && { signatureSecretCount }),
  };
}
