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
import { digitsOf, type AskedChange } from './asked-change.ts';
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

export type NewKey = Pick<ApiKey, 'scope' | 'name'>;

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
  async ensure(secret: string, key: NewKey, now: number): Promise<ApiKey> {
    const hash = secretHashOf(secret);
    const created = toApiKey(`key_${hash.slice(0, 16)}`, secret, key, now);
    try {
      await this.insert(hash, created);
      return created;
    } catch (error) {
      const existing = await this.find(secret);
      if (existing === undefined) throw error;
      const { signatureSecrets: _, ...key } = existing;
      return key;
    }
  }

  /**
   * Makes a key with this new secret. A change makes one key, whatever the secret: undefined when an attempt before this one
   * has made it, whose secret nobody knows any more.
   */
  async create(secret: string, key: NewKey, asked: AskedChange, now: number): Promise<ApiKey | undefined> {
    const hash = secretHashOf(secret);
    const created = toApiKey(keyIdOf(asked), secret, key, now);
    try {
      await this.insert(hash, created);
      return created;
    } catch (error) {
      const listed = await this.listed(created.id);
      if (listed === undefined) throw error;
      return readS(listed, 'h') === hash ? created : undefined;
    }
  }

  private async insert(hash: string, { id, scope, name, prefix, createdAt }: ApiKey): Promise<void> {
    const attributes = { id: S(id), sc: S(scope), nm: T(name), px: S(prefix), ca: N(createdAt) };
    const places = [
      { pk: S(hashPk(hash)), sk: S(HASH_SK) },
      // Its condition holds back a second key of one change, also one that arrives late.
      { pk: S(LIST_PK), sk: S(id), h: S(hash) },
    ];
    await this.dynamo.send(
      new TransactWriteItemsCommand({
        TransactItems: places.map((place) => ({
          Put: {
            TableName: this.table,
            Item: { ...place, ...attributes },
            ConditionExpression: 'attribute_not_exists(pk)',
          },
        })),
      }),
    );
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
    const listed = await this.listed(id);
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

  private async listed(id: string): Promise<Item | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: { pk: S(LIST_PK), sk: S(id) }, ConsistentRead: true }),
    );
    return item;
  }
}

/** Of the key that a change makes. */
export const keyIdOf = (asked: AskedChange): string => `key_${digitsOf(asked, 16)}`;

const toApiKey = (id: string, secret: string, { scope, name }: NewKey, createdAt: number): ApiKey => ({
  id,
  scope,
  name,
  prefix: secret.slice(0, Math.min(PREFIX_LENGTH + 'th_ingest_'.length, Math.floor(secret.length / 2))),
  createdAt,
});

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
