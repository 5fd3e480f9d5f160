import type { AttributeValue, TransactWriteItem, Update } from '@aws-sdk/client-dynamodb';
import { sketchMember } from '../core/user-sketch.ts';
import {
  GROUP_SHARDS,
  INBOX_PARTITIONS,
  spread,
  UNMAPPED_REASONS,
  type UnmappedGroup,
  type UnmappedReason,
} from '../core/unmapped-group.ts';
import { N, readN, readOptionalN, readOptionalS, readS, readText, S, T, type Item } from './attributes.ts';
import { hash32Of, keyPartOf } from './keys.ts';

// Unmapped events: a row per event in its group's partition, and one item per group and shard that counts them and
// carries the fence.
//
//   swept  every row of this shard has been tried against every ruleset up to this generation
//   fence  no decision made with an older ruleset may add a row any more; never below `swept`
//
// A sweep raises the fence, then reads the rows: whoever decided with older rules has either committed before, and the
// sweep sees the row, or fails the fence and decides again.

export const unmappedPk = (group: UnmappedGroup, shard: number): string =>
  `${groupKey(group)}#${String(shard)}`;

function groupKey(group: UnmappedGroup): string {
  return group.kind === 'name'
    ? `n#${keyPartOf(group.name)}`
    : `f#${keyPartOf(group.featureId)}#${keyPartOf(group.name)}`;
}

/** One shard for all rows that a chunk adds to a group, so that the chunk changes one group item. */
export const shardFor = (eventKey: string): number => spread(eventKey, GROUP_SHARDS);

export const inboxPk = (partition: number): string => `inbox#${String(partition)}`;

export function groupItemKey(unmappedIn: string): { pk: AttributeValue; sk: AttributeValue } {
  const key = unmappedIn.slice(0, unmappedIn.lastIndexOf('#'));
  return { pk: S(inboxPk(spread(key, INBOX_PARTITIONS))), sk: S(unmappedIn) };
}

const COUNT_OF: Record<UnmappedReason, string> = {
  no_rule: 'cr',
  unknown_feature: 'cu',
  archived_feature: 'ca',
  invalid_delta: 'cd',
};

export const unmappedRow = (table: string, unmappedIn: string, eventKey: string): TransactWriteItem => ({
  Put: { TableName: table, Item: { pk: S(unmappedIn), sk: S(eventKey) } },
});

export const unmappedRowRemoval = (
  table: string,
  unmappedIn: string,
  eventKey: string,
): TransactWriteItem => ({
  Delete: { TableName: table, Key: { pk: S(unmappedIn), sk: S(eventKey) } },
});

/** What a chunk changes in one shard of a group. */
export interface GroupChange {
  readonly group: UnmappedGroup;
  readonly unmappedIn: string;
  /** Per reason, how many events more or fewer. */
  readonly counts: ReadonlyMap<UnmappedReason, number>;
  /** The events that join; empty when events only leave or change their reason. */
  readonly joining: readonly { readonly key: string; readonly userId: string; readonly receivedAt: number }[];
}

export function toGroupUpdate(table: string, change: GroupChange, generation: number): Update {
  const adds: string[] = [];
  const sets: string[] = [];
  const values: Record<string, AttributeValue> = {};
  let total = 0;
  for (const [reason, count] of change.counts) {
    const attribute = COUNT_OF[reason];
    adds.push(`${attribute} :${attribute}`);
    values[`:${attribute}`] = N(count);
    total += count;
  }
  adds.push('c :c');
  values[':c'] = N(total);
  const [first] = change.joining;
  if (first !== undefined) {
    const times = change.joining.map((event) => event.receivedAt);
    const members = new Set(change.joining.map((event) => sketchMember(hash32Of(event.userId))));
    adds.push('us :us');
    values[':us'] = { NS: [...members].map(String) };
    // A new shard's rows are exactly those of this chunk, tried just now: it starts swept, and fenced as high, since
    // otherwise an older decision could still add a row that nothing would try.
    sets.push('fs = if_not_exists(fs, :fs)', 'ls = :ls', 'sm = :sm', 'en = :en');
    sets.push('fence = if_not_exists(fence, :g)', 'swept = if_not_exists(swept, :g)');
    values[':fs'] = N(Math.min(...times));
    values[':ls'] = N(Math.max(...times));
    values[':sm'] = S(first.key);
    values[':en'] = T(change.group.name);
    if (change.group.kind === 'feature') {
      sets.push('fi = :fi');
      values[':fi'] = T(change.group.featureId);
    }
  }
  values[':g'] = N(generation);
  return {
    TableName: table,
    Key: groupItemKey(change.unmappedIn),
    UpdateExpression: `ADD ${adds.join(', ')}${sets.length > 0 ? ` SET ${sets.join(', ')}` : ''}`,
    ConditionExpression: 'attribute_not_exists(fence) OR fence <= :g',
    ExpressionAttributeValues: values,
  };
}

/** Events leave a shard that holds them, whatever its fence: only who joins must have been tried. */
export function toGroupLeaving(
  table: string,
  unmappedIn: string,
  counts: ReadonlyMap<UnmappedReason, number>,
): Update {
  const adds: string[] = ['c :c'];
  const values: Record<string, AttributeValue> = {};
  let total = 0;
  for (const [reason, count] of counts) {
    const attribute = COUNT_OF[reason];
    adds.push(`${attribute} :${attribute}`);
    values[`:${attribute}`] = N(count);
    total += count;
  }
  return {
    TableName: table,
    Key: groupItemKey(unmappedIn),
    UpdateExpression: `ADD ${adds.join(', ')}`,
    ConditionExpression: 'attribute_exists(pk)',
    ExpressionAttributeValues: { ...values, ':c': N(total) },
  };
}

/** One shard of a group, as stored. */
export interface GroupShard {
  readonly group: UnmappedGroup;
  readonly unmappedIn: string;
  readonly counts: ReadonlyMap<UnmappedReason, number>;
  readonly count: number;
  readonly firstSeen?: number;
  readonly lastSeen?: number;
  /** The key of an event that joined recently. */
  readonly sample?: string;
  readonly sketch: readonly number[];
  readonly fence: number;
  readonly swept: number;
}

export function fromGroupItem(item: Item): GroupShard {
  const featureId = item['fi'] === undefined ? undefined : readText(item, 'fi');
  const name = readText(item, 'en');
  const firstSeen = readOptionalN(item, 'fs');
  const lastSeen = readOptionalN(item, 'ls');
  const sample = readOptionalS(item, 'sm');
  return {
    group: featureId === undefined ? { kind: 'name', name } : { kind: 'feature', name, featureId },
    unmappedIn: readS(item, 'sk'),
    counts: new Map(
      UNMAPPED_REASONS.flatMap((reason) => {
        const count = readOptionalN(item, COUNT_OF[reason]) ?? 0;
        return count === 0 ? [] : [[reason, count] as const];
      }),
    ),
    count: readOptionalN(item, 'c') ?? 0,
    ...(firstSeen !== undefined && { firstSeen }),
    ...(lastSeen !== undefined && { lastSeen }),
    ...(sample !== undefined && { sample }),
    sketch: (item['us']?.NS ?? []).map(Number),
    fence: readN(item, 'fence'),
    swept: readN(item, 'swept'),
  };
}
