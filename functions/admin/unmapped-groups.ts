import type { GroupShard } from '../../adapters/unmapped-item.ts';
import { UNMAPPED_REASONS, type UnmappedReason } from '../../core/unmapped-group.ts';
import { estimateUsers } from '../../core/user-sketch.ts';

// The shards of unmapped groups as a person looks at them: one line per event name (and feature that the events name) and
// reason, largest first.

export interface UnmappedLine {
  readonly event: string;
  readonly featureId?: string;
  readonly reason: UnmappedReason;
  readonly count: number;
  readonly users: number;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Where its events are, those with the latest arrival first. */
  readonly shards: readonly GroupShard[];
}

/** `key` names a line among those of one listing; two lines never have one key. */
export interface LinePosition {
  readonly count: number;
  readonly key: string;
}

export function toLines(shards: Iterable<GroupShard>): UnmappedLine[] {
  const groups = new Map<string, GroupShard[]>();
  for (const shard of shards) {
    // A shard without events is only there for its fence.
    if (shard.count <= 0) continue;
    const key = JSON.stringify(shard.group);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [shard]);
    else known.push(shard);
  }
  return [...groups.values()]
    .flatMap(linesOf)
    .sort((left, right) => compare(positionOf(left), positionOf(right)));
}

function linesOf(unsorted: readonly GroupShard[]): UnmappedLine[] {
  const shards = unsorted.toSorted((left, right) => (right.lastSeen ?? 0) - (left.lastSeen ?? 0));
  const [latest] = shards;
  if (latest === undefined) return [];
  const { group } = latest;
  const users = estimateUsers(shards.flatMap((shard) => shard.sketch));
  const seen = shards.flatMap((shard) => shard.firstSeen ?? []);
  return UNMAPPED_REASONS.flatMap((reason): UnmappedLine[] => {
    const having = shards.filter((shard) => (shard.counts.get(reason) ?? 0) > 0);
    const count = having.reduce((total, shard) => total + (shard.counts.get(reason) ?? 0), 0);
    if (count <= 0) return [];
    return [
      {
        event: group.name,
        ...(group.kind === 'feature' && { featureId: group.featureId }),
        reason,
        count,
        // The sketch also remembers users whose events have been mapped since.
        users: Math.min(users, count),
        firstSeen: Math.min(...seen),
        lastSeen: latest.lastSeen ?? 0,
        shards: having,
      },
    ];
  });
}

export const positionOf = ({ count, event, featureId, reason }: UnmappedLine): LinePosition => ({
  count,
  key: JSON.stringify([event, featureId ?? null, reason]),
});

/** Lines after a position: when counts have changed since, a line may be seen twice or not at all, and the rest is right. */
export const linesAfter = (lines: readonly UnmappedLine[], after: LinePosition): readonly UnmappedLine[] =>
  lines.filter((line) => compare(positionOf(line), after) > 0);

const compare = (left: LinePosition, right: LinePosition): number =>
  right.count - left.count || (left.key < right.key ? -1 : left.key > right.key ? 1 : 0);
