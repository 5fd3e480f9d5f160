import type { UnmappedGroup, UnmappedReason } from '../../api/unmapped-queries.ts';

// Where the page of one group is. A group is known by all three.

export interface GroupId {
  readonly event: string;
  readonly reason: string;
  readonly featureId?: string | undefined;
}

export function groupAddress({ event, reason, featureId }: UnmappedGroup): string {
  const search = new URLSearchParams({ event, reason, ...(featureId !== undefined && { featureId }) });
  return `/unmapped/group?${search.toString()}`;
}

export function groupIn(search: URLSearchParams): GroupId {
  return {
    event: search.get('event') ?? '',
    reason: search.get('reason') ?? '',
    featureId: search.get('featureId') ?? undefined,
  };
}

export const isGroup = (group: UnmappedGroup, { event, reason, featureId }: GroupId): boolean =>
  group.event === event && group.reason === reason && group.featureId === featureId;

export const REASON_WORDS: Readonly<Record<UnmappedReason, string>> = {
  no_rule: 'No rule matches',
  unknown_feature: 'Feature does not exist',
  archived_feature: 'Feature is archived',
  invalid_delta: 'Amount is not a number',
};

export const REASON_SENTENCES: Readonly<Record<UnmappedReason, string>> = {
  no_rule:
    'They name no feature themselves, and no rule that is on takes them. Make a rule, and they are counted.',
  unknown_feature:
    'They name a feature that does not exist. Create it under exactly this id, and they are counted.',
  archived_feature: 'Their feature is archived. Take it out of the archive, and they are counted.',
  invalid_delta:
    'A rule takes them, or they name a feature, but the amount is not a number with at most 15 digits before and 6 after the point. Change the rule’s amount, and they are counted.',
};
