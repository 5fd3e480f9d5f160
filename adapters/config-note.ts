import { GetItemCommand, type DynamoDBClient, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { N, S, type Item } from './attributes.ts';

// A note that a change of the Config table was made, with what it made: written in its transaction, so that there is one
// exactly where the change was made. Who does not know whether a change was made, because a reply was lost or because the
// request is a repetition, asks for its note. What the change has written cannot answer that: others may have changed or
// deleted it since.

/** Longer than an Idempotency-Key holds (idempotency-store.ts): who may ask finds it. */
const KEPT_SECONDS = 48 * 3_600;

const keyOf = (changeId: string) => ({ pk: S('change'), sk: S(changeId) });

export async function readNote(
  dynamo: DynamoDBClient,
  table: string,
  changeId: string,
): Promise<Item | undefined> {
  const { Item: note } = await dynamo.send(
    new GetItemCommand({ TableName: table, Key: keyOf(changeId), ConsistentRead: true }),
  );
  return note;
}

/** `made`: attributes for whoever asks; what keeps the note itself replaces theirs. */
export function noteWrite(table: string, changeId: string, made: Item, now: number): TransactWriteItem {
  const ttl = N(Math.ceil(now / 1000) + KEPT_SECONDS);
  return { Put: { TableName: table, Item: { ...made, ...keyOf(changeId), ttl } } };
}
