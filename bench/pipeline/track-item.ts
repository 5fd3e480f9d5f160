import type { Item } from '../../adapters/attributes.ts';
import { toBodyItems, toEventItem } from '../../adapters/event-item.ts';
import { eventKeyOf } from '../../adapters/keys.ts';

/** The item that ingest makes of a track event, whatever its timestamp says: it happened now. */
export function toTrackItem(
  { messageId, userId, event: name }: { messageId: string; userId: string; event: string },
  text: string,
  now = Date.now(),
): { readonly key: string; readonly item: Item } {
  const key = eventKeyOf(messageId);
  const head = { key, messageId, type: 'track', userId, name, time: now, receivedAt: now } as const;
  const source = { dialect: 'webhook', apiKeyId: 'key_0123456789abcdef', text } as const;
  return { key, item: toEventItem({ ...head, ...source }, toBodyItems(key, text, () => '').inline) };
}
