import { keyPartOf } from '../../adapters/keys.ts';
import { toAnswer, toRequest } from './api-request.ts';
import { listOf } from './api-client.ts';
import { rootOf, storedUsers } from './identity-invariants.ts';
import type { Rest } from './invariants.ts';
import { wireAdmin } from './wire-admin.ts';

// What the API answers about usage when everything has come to rest, where users were merged: of everybody, and of each id
// that is one user with others, which has the usage of all of them. Where nobody was, the store alone is read: to set up the
// API for nothing else would be a quarter of a run.

const DAYS = 'from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z&window=day&limit=1000';

export interface UsageAnswer {
  /** What was asked for besides the days. */
  readonly asked: string;
  /** The ids whose events it should sum up; undefined for everybody's. */
  readonly ofUsers: readonly string[] | undefined;
  /** `what` is a feature and a day. */
  readonly amounts: readonly { readonly what: string; readonly sum: string; readonly count: number }[];
}

export async function usageAnswers(
  rest: Rest,
  userIds: Iterable<string>,
): Promise<{ readonly answers: readonly UsageAnswer[]; readonly violations: string[] }> {
  const groups = groupsOf(rest, userIds).filter((group) => group.length > 1);
  if (groups.length === 0) return { answers: [], violations: [] };
  const { scheduler, clients } = rest;
  const handler = wireAdmin({ scheduler, clients }, () => 'rul_of_nobody');
  const answers: UsageAnswer[] = [];
  const violations: string[] = [];
  const ask = async (asked: string, ofUsers: readonly string[] | undefined): Promise<void> => {
    const { status, text, body } = toAnswer(
      await handler(toRequest('GET', `/api/usage?${DAYS}${asked}`, {}, {})),
    );
    if (status !== 200) violations.push(`usage${asked} is answered with ${text.slice(0, 200)}`);
    if (body['cursor'] !== undefined) violations.push(`usage${asked} is more than is read`);
    const amounts = listOf(body, 'rows').map(({ windowStart, featureId, sum, count }) => ({
      what: `${String(featureId)} ${String(windowStart).slice(0, 10)}`,
      sum: String(sum),
      count: Number(count),
    }));
    answers.push({ asked, ofUsers, amounts });
  };
  await ask('', undefined);
  for (const group of groups)
    // Half of a character has no place in a URL.
    for (const userId of group.filter((id) => id.isWellFormed()))
      await ask(`&userId=${encodeURIComponent(userId)}`, group);
  return { answers, violations };
}

/** The ids that are one user, by the links as they are stored. */
function groupsOf({ dynamo }: Rest, userIds: Iterable<string>): readonly string[][] {
  const { nodes } = storedUsers(dynamo);
  const rootKeyOf = (key: string): string => rootOf(nodes, key)?.key ?? key;
  return [...Map.groupBy(new Set(userIds), (id) => rootKeyOf(keyPartOf(id))).values()];
}
