import type { FoundApiKey } from '../../adapters/api-keys.ts';
import {
  bodyOf,
  BODY_CHUNK_BYTES_MAX,
  fromEventItem,
  inflateBody,
  toBodyItems,
  toEventItem,
  toStoredEvent,
  type NewEvent,
} from '../../adapters/event-item.ts';
import type { PutResult } from '../../adapters/event-store.ts';
import type { Item } from '../../adapters/attributes.ts';
import { decideEvent } from '../../core/decide-event.ts';
import { compileRuleset, EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import type { IngestDependencies } from '../../functions/ingest/handler.ts';

// What stands in for the tables and the queue in a fuzz run, so that a million requests take minutes. Everything else is
// the real thing: handler, parsing, checks, the stored form of an event, and the decision about it. An event that the real
// table or the real process would choke on throws here, so that it is found.

export const FUZZ_KEYS = {
  plain: 'th_ingest_fuzz',
  signed: 'th_ingest_signed',
  revoked: 'th_ingest_revoked',
  reader: 'th_read_fuzz',
  secret: 'a secret of the fuzz run',
} as const;

const keyOf = (id: string, more: Partial<FoundApiKey> = {}): FoundApiKey => ({
  id,
  scope: 'ingest',
  name: id,
  prefix: id,
  createdAt: 0,
  signatureSecrets: [],
  ...more,
});

const KEYS: ReadonlyMap<string, FoundApiKey> = new Map([
  [FUZZ_KEYS.plain, keyOf('key_plain')],
  [FUZZ_KEYS.signed, keyOf('key_signed', { signatureSecrets: [FUZZ_KEYS.secret] })],
  [FUZZ_KEYS.revoked, keyOf('key_revoked', { revokedAt: 1 })],
  [FUZZ_KEYS.reader, keyOf('key_reader', { scope: 'read' })],
]);

const ITEM_BYTES_MAX = 400 * 1024;
/** Forgets everything when full: a million messageIds need not be remembered to meet duplicates. */
const REMEMBERED_MAX = 20_000;

export interface MemoryStores {
  readonly deps: IngestDependencies;
  /** Since the last call. */
  readonly takeStored: () => number;
}

export function memoryStores(): MemoryStores {
  const ruleset = compileRuleset({
    ...EMPTY_SNAPSHOT,
    generation: 1,
    features: [{ id: 'f1', archived: false, generation: 1 }],
    rules: [
      {
        id: 'r1',
        version: 1,
        featureId: 'f1',
        event: { operator: 'contains', value: 'Used' },
        conditions: [{ path: 'properties.a', operator: 'not_exists' }],
        delta: { path: 'properties.name' },
        createdAt: 1,
        generation: 1,
      },
    ],
  });
  const remembered = new Set<string>();
  let stored = 0;
  const put = (event: NewEvent): PutResult => {
    if (remembered.has(event.key)) return { kind: 'duplicate', state: 'received', conflict: false };
    const body = toBodyItems(event.key, event.text, () => 'digest');
    const item = toEventItem(event, body.inline);
    requireFits([item, ...body.chunks]);
    const text = textOf(item, body.chunks);
    if (text !== event.text) throw new Error('The stored body is not what was sent.');
    const record = fromEventItem(item);
    if (record.messageId !== event.messageId || record.userId !== event.userId || record.name !== event.name)
      throw new Error('The stored event is not what was sent.');
    decideEvent(toStoredEvent(record, text), ruleset);
    if (remembered.size >= REMEMBERED_MAX) remembered.clear();
    remembered.add(event.key);
    stored += 1;
    return { kind: 'stored' };
  };
  const now = (): number => 1_795_435_200_000;
  return {
    takeStored: () => {
      const taken = stored;
      stored = 0;
      return taken;
    },
    deps: {
      events: { putAll: (events) => Promise.resolve(events.map(put)) },
      queue: { send: () => Promise.resolve([]) },
      retryMarkers: { write: () => Promise.resolve() },
      feed: { note: () => Promise.resolve() },
      erasures: { request: () => Promise.resolve('era_fuzzed') },
      keys: { find: (secret) => Promise.resolve(KEYS.get(secret)) },
      ready: () => Promise.resolve(true),
      now,
    },
  };
}

function textOf(item: Item, chunks: readonly Item[]): string {
  const body = bodyOf(item);
  return inflateBody(
    'deflated' in body ? body.deflated : Buffer.concat(chunks.map(({ b }) => b?.B ?? new Uint8Array())),
  );
}

function requireFits(items: readonly Item[]): void {
  for (const item of items) {
    let bytes = 0;
    for (const [name, { S, N, B }] of Object.entries(item)) {
      bytes += name.length + Buffer.byteLength(S ?? N ?? '') + (B?.byteLength ?? 0);
    }
    if (bytes > ITEM_BYTES_MAX || (item['b']?.B?.byteLength ?? 0) > BODY_CHUNK_BYTES_MAX)
      throw new Error('The item is larger than DynamoDB takes.');
    for (const key of ['pk', 'sk', 'u', 't']) {
      if (Buffer.byteLength(item[key]?.S ?? '') > 1_024)
        throw new Error(`The key ${key} is longer than DynamoDB takes.`);
    }
  }
}
