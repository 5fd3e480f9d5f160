import type { Item } from '../../adapters/attributes.ts';
import type { EventStore } from '../../adapters/event-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { ApiError } from './api-error.ts';

/** The stored item of an event. Throws what a person can make of it when there is nothing to show. */
export async function findEvent(events: EventStore, messageId: string): Promise<Item> {
  const item = await events.get(eventKeyOf(messageId));
  if (item === undefined) {
    throw new ApiError(
      'not_found',
      'There is no event with this messageId: it was rejected, or never arrived. GET /api/feed shows what was rejected.',
    );
  }
  if (item['st']?.S !== 'erased') return item;
  throw new ApiError(
    'not_found',
    'This event was erased with its user. Only a mark is left, so that its messageId stays known and feature totals stay exact.',
  );
}
