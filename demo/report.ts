import { FEATURES, UNKNOWN_FEATURE } from './catalog.ts';
import { growth } from './compare.ts';
import { expectedUnmapped, totalsBy, type Amount, type UsageTable } from './expected-usage.ts';
import { decimalOf } from './micros.ts';
import type { FeedEntry, WaitingGroup } from './pipeline-api.ts';
import type { SaasDay } from './saas-day.ts';
import { textTable } from './text-table.ts';

// The tables at the end of a run.

const SAMPLE_USERS = 5;

const number = (value: number): string => value.toLocaleString('en-US');
const amount = (value: Amount | undefined): string =>
  decimalOf(value?.micros ?? 0n).replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, ',');

export function usageReport(
  expected: UsageTable,
  counted: UsageTable,
  all: { readonly before: ReadonlyMap<string, Amount>; readonly after: ReadonlyMap<string, Amount> },
): string {
  const sent = totalsBy('feature', expected);
  const had = totalsBy('feature', counted);
  const rows = FEATURES.map(({ id, name, unitLabelPlural }) => [
    name,
    unitLabelPlural ?? '',
    number(sent.get(id)?.count ?? 0),
    amount(sent.get(id)),
    amount(had.get(id)),
    number(growth(all.before.get(id), all.after.get(id)).count),
    amount(all.after.get(id)),
  ]);
  const headings = [
    'Feature',
    'Unit',
    ' Events sent',
    ' Usage sent',
    ' Usage counted',
    ' New events',
    ' All users, all runs',
  ];
  return `Usage per feature\n\n${textTable(headings, rows)}`;
}

export function usersReport(day: SaasDay, expected: UsageTable, counted: UsageTable): string {
  const busiest = [...totalsBy('user', expected)]
    .sort(([, left], [, right]) => right.count - left.count)
    .slice(0, SAMPLE_USERS)
    .map(([userId]) => ({ userId, usage: totalsBy('feature', ofUser(counted, userId)) }));
  const rows = FEATURES.map(({ id, name }) => [name, ...busiest.map(({ usage }) => amount(usage.get(id)))]);
  const headings = ['Feature', ...busiest.map(({ userId }) => ` ${userId.slice(day.label.length + 1)}`)];
  return `The busiest users (their ids begin with ${day.label}-)\n\n${textTable(headings, rows)}`;
}

const ofUser = (table: UsageTable, userId: string): UsageTable =>
  new Map([...table].filter(([cell]) => cell.startsWith(`${userId} `)));

export function unmappedReport(day: SaasDay, groups: readonly WaitingGroup[]): string {
  const expected = expectedUnmapped(day);
  const rows = groups.map(({ event, featureId, reason, count, users }) => [
    event,
    reason,
    featureId ?? '',
    number(count),
    `about ${number(users)}`,
    number(expected.get(`${event}: ${reason}`) ?? 0),
  ]);
  const headings = ['Event', 'Why', 'Feature it names', ' Waiting', ' Users', ' Sent by this run'];
  const advice = `A rule or a feature that fits them maps these, too: try it by creating the feature ${UNKNOWN_FEATURE}.`;
  return `Stored, but not mapped to a feature yet\n\n${textTable(headings, rows)}\n\n  ${advice}`;
}

/** `since`: epoch milliseconds; older entries are of others. */
export function rejectedReport(day: SaasDay, feed: readonly FeedEntry[], since: number): string {
  const counts = new Map<string, { code: string; message: string; count: number }>();
  for (const { rejections } of feed.filter(({ at }) => Date.parse(at) >= since)) {
    for (const { code, message, count } of rejections) {
      const known = counts.get(`${code} ${message}`);
      counts.set(`${code} ${message}`, { code, message, count: (known?.count ?? 0) + count });
    }
  }
  const rows = [...counts.values()].map(({ code, message, count }) => [number(count), code, message]);
  const rejected = day.calls.filter(({ outcome }) => outcome.kind === 'rejected');
  const pages = rejected.filter(({ type }) => type === 'page').length;
  const note = `This run sent ${number(rejected.length - pages)} anonymous events and ${number(pages)} page calls. What came last may still be missing: ingest writes to the feed about once a second, with its next request.`;
  return `Rejected, as the live feed says\n\n${textTable([' Events', 'Code', 'What the sender is told'], rows)}\n\n  ${note}`;
}
