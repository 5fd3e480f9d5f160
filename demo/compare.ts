import { FEATURES } from './catalog.ts';
import { totalsBy, type Amount, type UsageTable } from './expected-usage.ts';
import { decimalOf } from './micros.ts';

const NOTHING: Amount = { micros: 0n, count: 0 };

/** Every number of the users of this run that is not what was sent, as a sentence each. */
export function differencesOfUsers(expected: UsageTable, counted: UsageTable): string[] {
  const cells = [...new Set([...expected.keys(), ...counted.keys()])].sort();
  return cells.flatMap((cell) => {
    const want = expected.get(cell) ?? NOTHING;
    const have = counted.get(cell) ?? NOTHING;
    if (isSame(want, have)) return [];
    const [user = '', feature = '', day = ''] = cell.split(' ');
    return [`${user}, ${feature}, ${day}: sent ${inWords(want)}, counted ${inWords(have)}`];
  });
}

/**
 * Features whose total over all users did not grow by what their users' totals grew by. `before` and `after` are of the
 * moments before the first event was sent and after the last was counted.
 */
export function differencesOfFeatures(
  users: { readonly before: UsageTable; readonly after: UsageTable },
  all: { readonly before: ReadonlyMap<string, Amount>; readonly after: ReadonlyMap<string, Amount> },
): string[] {
  const byFeature = { before: totalsBy('feature', users.before), after: totalsBy('feature', users.after) };
  return FEATURES.flatMap(({ id }) => {
    const grownBy = growth(byFeature.before.get(id), byFeature.after.get(id));
    const grown = growth(all.before.get(id), all.after.get(id));
    if (isSame(grownBy, grown)) return [];
    return [`${id}, all users: grew by ${inWords(grown)}, but its users grew by ${inWords(grownBy)}`];
  });
}

export function growth(before: Amount = NOTHING, after: Amount = NOTHING): Amount {
  return { micros: after.micros - before.micros, count: after.count - before.count };
}

const isSame = (left: Amount, right: Amount): boolean =>
  left.micros === right.micros && left.count === right.count;

const inWords = ({ micros, count }: Amount): string => `${decimalOf(micros)} by ${String(count)} events`;
