import type { ImportedUser } from '../support/imported-user.ts';
import type { Random } from './random.ts';

// What happens to a few users at the same time: the scenarios whose every order is tried, and those that are drawn.

/** An event; in a new life when it happened and arrived after the deletes of the race were asked for. */
interface Sent {
  readonly userId: string;
  readonly life?: 'new';
}

export type Step =
  | (Sent & {
      readonly does: 'identify';
      readonly time: number;
      readonly email?: string;
      readonly billingId?: string;
    })
  | (Sent & { readonly does: 'track' })
  | { readonly does: 'merge'; readonly survivorId: string; readonly absorbedId: string }
  /** Undoes the merge that the absorbed id is under at that moment. */
  | { readonly does: 'undo'; readonly absorbedId: string }
  /** Asked for before the race, carried out in it. `late`: it takes only what happened, or arrived, half way through the past. */
  | { readonly does: 'delete'; readonly userId: string; readonly late?: true };

export interface Scenario {
  readonly name: string;
  readonly imported: readonly ImportedUser[];
  /** Done one after the other before the race. */
  readonly before: readonly Step[];
  /** Done at the same time. */
  readonly race: readonly Step[];
}

const X = 'x@x.test';
const identify = (userId: string, time: number, email?: string, billingId?: string): Step => ({
  does: 'identify',
  userId,
  time,
  ...(email !== undefined && { email }),
  ...(billingId !== undefined && { billingId }),
});
const track = (userId: string): Step => ({ does: 'track', userId });
const merge = (survivorId: string, absorbedId: string): Step => ({ does: 'merge', survivorId, absorbedId });
const undo = (absorbedId: string): Step => ({ does: 'undo', absorbedId });
const erase = (userId: string): Step => ({ does: 'delete', userId });
const eraseLate = (userId: string): Step => ({ does: 'delete', userId, late: true });
const anew = (step: Step): Step => ({ ...step, ...('userId' in step && { life: 'new' as const }) });
const all = ['a', 'b', 'c'].map(track);
const ONE_IMPORTED = [{ source: 'csv:1', email: X }];

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'two first identifies of one user',
    imported: [],
    before: [],
    race: [identify('a', 5, X), identify('a', 6, 'y@x.test', 'cus_1')],
  },
  {
    name: 'a first identify and a first track',
    imported: ONE_IMPORTED,
    before: [],
    race: [identify('a', 5, X), track('a')],
  },
  {
    name: 'two users claim one email',
    imported: [],
    before: [],
    race: [identify('a', 5, X), identify('b', 6, X)],
  },
  {
    name: 'two users claim one imported user',
    imported: ONE_IMPORTED,
    before: [track('a')],
    race: [identify('a', 5, X), identify('b', 6, X)],
  },
  {
    name: 'a first identify and old news claim one imported user',
    imported: ONE_IMPORTED,
    before: [identify('a', 9, 'y@x.test')],
    race: [identify('a', 5, X), identify('b', 6, X)],
  },
  {
    name: 'two users claim one billing id',
    imported: [],
    before: all,
    race: [identify('a', 5, undefined, 'cus_1'), identify('b', 6, undefined, 'cus_1')],
  },
  { name: 'A into B against B into C', imported: [], before: all, race: [merge('b', 'a'), merge('c', 'b')] },
  { name: 'A into B against B into A', imported: [], before: all, race: [merge('b', 'a'), merge('a', 'b')] },
  {
    name: 'a merge and an identify of the absorbed',
    imported: [],
    before: [identify('a', 1, 'y@x.test'), identify('b', 2, X)],
    race: [merge('b', 'a'), identify('a', 5, X, 'cus_1')],
  },
  {
    name: 'a merge and an identify of the survivor that finds an imported user',
    imported: ONE_IMPORTED,
    before: all,
    race: [merge('b', 'a'), identify('b', 5, X)],
  },
  { name: 'a merge and tracks of both', imported: [], before: all, race: [merge('b', 'a'), track('a')] },
  {
    name: 'undoing and an identify of the absorbed',
    imported: [],
    before: [identify('a', 1, X, 'cus_1'), identify('b', 2, X), merge('b', 'a')],
    race: [undo('a'), identify('a', 5, 'y@x.test', 'cus_2')],
  },
  {
    name: 'undoing and an identify of the survivor',
    imported: [],
    before: [identify('a', 1, X), identify('b', 2, X), merge('b', 'a')],
    race: [undo('a'), identify('b', 5, 'y@x.test', 'cus_2')],
  },
  {
    name: 'undoing and old news for an id below the absorbed',
    imported: [],
    before: [track('a'), track('b'), identify('c', 9, 'y@x.test'), merge('b', 'a'), merge('c', 'b')],
    race: [undo('b'), identify('a', 5, X)],
  },
  {
    name: 'undoing both of a chain at once',
    imported: [],
    before: [...all, merge('b', 'a'), merge('c', 'b')],
    race: [undo('a'), undo('b')],
  },
  {
    name: 'undoing twice at once',
    imported: [],
    before: [...all, merge('b', 'a')],
    race: [undo('a'), undo('a')],
  },
  {
    name: 'three: A into B, B into C, B into A',
    imported: [],
    before: all,
    race: [merge('b', 'a'), merge('c', 'b'), merge('a', 'b')],
  },
  {
    name: 'three: a merge, an identify and an undoing',
    imported: [],
    before: [...all, merge('b', 'c')],
    race: [merge('b', 'a'), identify('a', 5, X), undo('c')],
  },
  {
    name: 'a delete and a track',
    imported: [],
    before: [identify('a', 1, X, 'cus_1')],
    race: [erase('a'), track('a')],
  },
  {
    name: 'a delete and an identify of the same user',
    imported: [],
    before: [identify('a', 1, X, 'cus_1')],
    race: [erase('a'), identify('a', 5, 'y@x.test', 'cus_2')],
  },
  {
    name: 'a delete and a new life of its user',
    imported: [],
    before: [identify('a', 1, X, 'cus_1')],
    race: [erase('a'), anew(identify('a', 5, X))],
  },
  {
    name: 'a delete that comes late and a track of a new life',
    imported: [],
    before: [identify('a', 1, X), identify('a', 8, 'y@x.test')],
    race: [eraseLate('a'), anew(track('a'))],
  },
  {
    name: 'a delete and a first identify that finds an imported user',
    imported: ONE_IMPORTED,
    before: [],
    race: [erase('a'), identify('a', 5, X)],
  },
  {
    name: 'a delete and another who claims the email',
    imported: [],
    before: [identify('a', 1, X)],
    race: [erase('a'), identify('b', 5, X)],
  },
  {
    name: 'a delete and a merge of its user into another',
    imported: [],
    before: [identify('a', 1, X, 'cus_1'), track('b')],
    race: [erase('a'), merge('b', 'a')],
  },
  {
    name: 'a delete and a merge of another into its user',
    imported: [],
    before: [track('a'), identify('b', 2, X)],
    race: [erase('a'), merge('a', 'b')],
  },
  {
    name: 'a delete and an undoing that takes one of its ids away',
    imported: [],
    before: [identify('a', 1, X), track('b'), merge('b', 'a')],
    race: [erase('b'), undo('a')],
  },
  {
    name: 'a delete by an absorbed id and a track of the survivor',
    imported: [],
    before: [track('a'), identify('b', 2, X), merge('b', 'a')],
    race: [erase('a'), track('b')],
  },
  {
    name: 'three: a delete, a merge of its user and the new life that it is merged into',
    imported: [],
    before: [identify('a', 1, X, 'cus_1')],
    race: [erase('a'), merge('b', 'a'), anew(track('b'))],
  },
  {
    // Of the same arrival, so that the life that one of them begins anew looks like the one that the other has read.
    name: 'three: a delete and two identifies that were under way',
    imported: [],
    before: [identify('a', 1, X, 'cus_1')],
    race: [erase('a'), identify('a', 5, 'y@x.test', 'cus_2'), identify('a', 3, 'z@x.test', 'cus_3')],
  },
  {
    name: 'a delete and a new life that says the billing id of an imported id',
    imported: [{ source: 'csv:1', email: X, billingId: 'cus_1' }],
    before: [identify('a', 1, X)],
    race: [erase('a'), anew(identify('a', 5, 'y@x.test', 'cus_1'))],
  },
];

/** In some of them users are also deleted, before the race and in it, and come back. */
export function randomScenario(random: Random): Scenario {
  const deletes = random.chance(0.4);
  const ids = ['a', 'b', 'c'];
  /** What is empty says nothing. */
  const emails = [X, 'y@x.test', ''];
  const step = (): Step => {
    const [one, two] = random.shuffled(ids);
    return random.pick<Step>([
      identify(
        random.pick(ids),
        random.between(1, 9),
        random.pick(emails),
        random.pick(['', '', 'cus_1', 'cus_2']),
      ),
      identify(random.pick(ids), random.between(1, 9), random.pick(emails)),
      track(random.pick(ids)),
      merge(one ?? 'a', two ?? 'b'),
      undo(random.pick(ids)),
    ]);
  };
  const deletion = (): Step => {
    const userId = random.pick(ids);
    return random.chance(0.3) ? eraseLate(userId) : erase(userId);
  };
  const steps = (count: number): Step[] => Array.from({ length: count }, step);
  const imported = [
    { source: 'csv:1', email: X },
    { source: 'csv:2', email: 'y@x.test', billingId: 'cus_2' },
    { source: 'csv:3', email: X, billingId: 'cus_3' },
  ];
  return {
    name: '',
    imported: random.shuffled(imported).slice(0, random.below(3)),
    before: steps(random.below(6)).flatMap((each) =>
      deletes && random.chance(0.1) ? [each, deletion()] : [each],
    ),
    race: deletes
      ? random.shuffled([
          ...steps(random.between(1, 3)).map((each) => (random.chance(0.4) ? anew(each) : each)),
          deletion(),
          ...(random.chance(0.3) ? [deletion()] : []),
        ])
      : steps(random.between(2, 4)),
  };
}
