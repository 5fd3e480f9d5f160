import { TransactWriteItemsCommand, type TransactWriteItem } from '@aws-sdk/client-dynamodb';
import type { Item } from '../../adapters/attributes.ts';
import { packChunks, planChunk } from '../../adapters/commit-plan.ts';
import type { DecidedEvent } from '../../adapters/decided-event.ts';
import { fromEventItem } from '../../adapters/event-item.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { decideEvent } from '../../core/decide-event.ts';
import { compileRuleset, EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { KNOWN_USERS } from '../pipeline/known-users.ts';
import { TABLES, unmappedCount, until, type LocalRuntime } from '../pipeline/local-runtime.ts';
import { EVENTS_IN_A_ROW, sendEvents, trackEvent, USERS } from '../pipeline/load.ts';
import { toTrackItem } from '../pipeline/track-item.ts';

// A pipeline that has stored many events, without having taken them one by one: what ingest and process would have left
// of each is planned by their own code, and written straight into the tables, a hundred items at once.

const EVENTS_PER_PLAN = 600;
/** While the engine writes one transaction, the next one is put together. */
const WRITERS = 3;
const PATIENCE_MS = 120_000;
const UNMAPPED_NAMES = 40;
/** Of the pipeline's only feature. */
const GENERATION = 1;

/** Leaves exactly `count` events stored, a third of them unmapped, and every user known. Throws where totals differ. */
export async function fill(
  runtime: LocalRuntime,
  count: number,
  progress: (step: string) => void,
): Promise<void> {
  const now = Date.now();
  const sentAt = new Date(now).toISOString();
  // The first event of each user creates the user: those take the way of every event.
  await sendEvents(runtime, USERS, (n) => trackEvent('first', n * EVENTS_IN_A_ROW, sentAt));
  await until('every user is known', PATIENCE_MS, async () => (await runtime.counted('messages')) >= USERS);
  const starts = Array.from(
    { length: Math.ceil((count - USERS) / EVENTS_PER_PLAN) },
    (_, n) => USERS + n * EVENTS_PER_PLAN,
  );
  await mapAtMost(WRITERS, starts, async (start) => {
    const length = Math.min(EVENTS_PER_PLAN, count - start);
    const prepared = Array.from({ length }, (_, n) => prepare(start + n, now));
    await store(runtime, prepared, now);
    progress(`filling: ${(start + length).toLocaleString('en-US')} of ${count.toLocaleString('en-US')}`);
  });
  const unmapped = Array.from({ length: count - USERS }, (_, n) => n + USERS).filter(isUnmapped).length;
  const found = { counted: await runtime.counted('messages'), unmapped: await unmappedCount(runtime) };
  if (found.counted !== count - unmapped || found.unmapped !== unmapped)
    throw new Error(`${count} events, ${unmapped} of them unmapped, are seen as ${JSON.stringify(found)}.`);
}

const isUnmapped = (n: number): boolean => n % 3 === 0;

const ruleset = compileRuleset({
  ...EMPTY_SNAPSHOT,
  generation: GENERATION,
  features: [{ id: 'messages', archived: false, generation: GENERATION }],
});

/** An event that is decided, and the item that ingest made of it. */
interface Prepared {
  readonly item: Item;
  readonly decided: DecidedEvent;
}

function prepare(n: number, now: number): Prepared {
  const track = trackEvent('fill', n, new Date(now).toISOString());
  const { featureId: _, ...properties } = track.properties;
  const payload = isUnmapped(n)
    ? { ...track, event: `Unknown ${Math.floor(n / 100) % UNMAPPED_NAMES}`, properties }
    : track;
  const text = JSON.stringify(payload);
  const { item } = toTrackItem(payload, text, now);
  const record = fromEventItem(item);
  return {
    item,
    decided: { record, decision: decideEvent({ ...record, payload, text }, ruleset), generation: GENERATION },
  };
}

async function store(runtime: LocalRuntime, prepared: readonly Prepared[], now: number): Promise<void> {
  const items = new Map(prepared.map(({ item }) => [item['pk']?.S, item]));
  const decided = prepared.map((event) => event.decided);
  for (const chunk of packChunks(decided, KNOWN_USERS)) {
    const plan = planChunk(TABLES, chunk, KNOWN_USERS, new Map(), now);
    const TransactItems = plan.items.map(({ item }) => withEvent(item, items));
    await runtime.dynamo.send(new TransactWriteItemsCommand({ TransactItems }));
  }
}

/** The change of an event's state, as the put of the event in that state; other changes as they are. */
function withEvent(
  planned: TransactWriteItem,
  items: ReadonlyMap<string | undefined, Item>,
): TransactWriteItem {
  const { Update: update } = planned;
  const item = items.get(update?.Key?.['pk']?.S);
  if (update === undefined || item === undefined) return planned;
  const { ':to': st, ':o': o, ':r': r, ':x': x } = update.ExpressionAttributeValues ?? {};
  if (st === undefined || o === undefined) throw new Error('The change of an event has another form now.');
  return { Put: { TableName: update.TableName, Item: { ...item, st, o, ...(r && x && { r, x }) } } };
}
