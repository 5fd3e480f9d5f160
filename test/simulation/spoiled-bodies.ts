import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { EVENT_SK, eventPk } from '../../adapters/event-item.ts';
import { TABLES } from './deployment-names.ts';
import { textOf } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';
import type { WireItem } from './wire-item.ts';

// How an event comes into quarantine: something is wrong with it that does not pass by itself, here its body, until somebody
// has mended it. Done from outside and at once, between the calls of the functions.

const NONSENSE = Buffer.from('nonsense').toString('base64');

export class SpoiledBodies {
  /** Event key → its body as it was; kept, since an event may be erased while it is spoiled. */
  private readonly bodies = new Map<string, string>();

  get size(): number {
    return this.bodies.size;
  }

  /** The body of the event before it was spoiled, if it ever was. */
  of(key: string): { readonly b: AttributeValue } | undefined {
    const body = this.bodies.get(key);
    return body === undefined ? undefined : { b: { B: Buffer.from(body, 'base64') } };
  }

  /** Whether there was anything to spoil: bodies in parts, of events that are erased or spoiled already, are left alone. */
  spoil(dynamo: MemoryDynamo, key: string): boolean {
    const body = itemOf(dynamo, key)?.['b'];
    if (body === undefined || !('B' in body) || body.B === NONSENSE) return false;
    this.bodies.set(key, body.B);
    setBody(dynamo, key, NONSENSE);
    return true;
  }

  mend(dynamo: MemoryDynamo, key: string): void {
    const body = this.bodies.get(key);
    if (body !== undefined && itemOf(dynamo, key)?.['b'] !== undefined) setBody(dynamo, key, body);
  }
}

const itemOf = (dynamo: MemoryDynamo, key: string): WireItem | undefined =>
  dynamo
    .items(TABLES.events)
    .find((item) => textOf(item, 'pk') === eventPk(key) && textOf(item, 'sk') === EVENT_SK);

function setBody(dynamo: MemoryDynamo, key: string, body: string): void {
  dynamo.handle('UpdateItem', {
    TableName: TABLES.events,
    Key: { pk: { S: eventPk(key) }, sk: { S: EVENT_SK } },
    UpdateExpression: 'SET b = :b',
    ExpressionAttributeValues: { ':b': { B: body } },
  });
}
