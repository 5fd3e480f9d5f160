import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { N, readN, S } from './attributes.ts';
import { secretHashOf } from './keys.ts';

// How often signing in failed lately, per source and over all of them. An attempt is counted before its key is looked at
// and taken back unless the key was wrong: however many requests come at once, no more keys are tried than the limit says.
// What went wrong before a success stays counted, so that somebody with a key of their own cannot wash guesses off.

const WINDOW_MS = 15 * 60_000;
const FAILURES_PER_SOURCE_MAX = 10;
/** Guesses from many addresses are stopped too. Who is signed in, and every API key, goes on working meanwhile. */
const FAILURES_MAX = 200;

export type Admission =
  /** `takeBack`: to be called unless the key was wrong. */
  | { readonly allowed: true; readonly takeBack: () => Promise<void> }
  | { readonly allowed: false; readonly retryAfterSeconds: number };

export class SignInAttempts {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** Counts one attempt, and says whether it may be made. `source` is the address that the request came from. */
  async admit(source: string, now: number): Promise<Admission> {
    const window = Math.floor(now / WINDOW_MS);
    const refused: Admission = {
      allowed: false,
      retryAfterSeconds: Math.max(1, Math.ceil(((window + 1) * WINDOW_MS - now) / 1000)),
    };
    // The source first: what it is refused for does not count against everybody.
    const places = [
      [`signin#${secretHashOf(networkOf(source))}`, FAILURES_PER_SOURCE_MAX],
      ['signin', FAILURES_MAX],
    ] as const;
    for (const [pk, max] of places) {
      if ((await this.add(pk, window, 1)) > max) return refused;
    }
    return {
      allowed: true,
      takeBack: async () => {
        await Promise.all(places.map(([pk]) => this.add(pk, window, -1)));
      },
    };
  }

  /** An ADD that is repeated after a lost reply counts twice, which only makes the limit stricter. */
  private async add(pk: string, window: number, by: 1 | -1): Promise<number> {
    const { Attributes: attributes = {} } = await this.dynamo.send(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(pk), sk: S(String(window)) },
        UpdateExpression: 'ADD n :by SET #ttl = :ttl',
        ExpressionAttributeNames: { '#ttl': 'ttl' },
        ExpressionAttributeValues: {
          ':by': N(by),
          ':ttl': N(Math.ceil(((window + 2) * WINDOW_MS) / 1000)),
        },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return readN(attributes, 'n');
  }
}

/** A household or a server has a whole /64 of IPv6 addresses to guess from. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  const groups = [...left, ...Array.from({ length: zeros }, () => '0'), ...right];
  return groups.slice(0, 4).join(':');
}
