// Unmapped events wait in groups, so that a new rule or feature reads only events that it can match. An event's group
// follows from the event alone and never changes: an event that names a feature waits for that feature; any other
// waits under its event name.

export const UNMAPPED_REASONS = ['no_rule', 'unknown_feature', 'archived_feature', 'invalid_delta'] as const;
export type UnmappedReason = (typeof UNMAPPED_REASONS)[number];

export type UnmappedGroup =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'feature'; readonly name: string; readonly featureId: string };

/** Rows of one group are spread over this many partitions: one busy event name must not be one hot partition. */
export const GROUP_SHARDS = 4;

/** Groups are listed in this many partitions, for the same reason. */
export const INBOX_PARTITIONS = 8;

/** A small, even hash (FNV-1a, 32 bits) for spreading keys over shards. It is stored in keys: it must never change. */
export function spread(text: string, buckets: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) {
    hash ^= text.charCodeAt(i);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0) % buckets;
}
