import { findConditions, type Condition } from './find-conditions.ts';
import type { Mutant } from './mutant-list.ts';

// The loss of each condition that the product writes under, as mutants: what is written is written whatever is there.

/**
 * Conditions whose loss nobody could notice, with the reason. One that is not in the source any more fails the tests.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map([]);

/** Those that only a race of interleavings.ts finds. */
const RACES: ReadonlyMap<string, string> = new Map([]);

const nameOf = ({ file, within, text }: Condition): string =>
  `${file}: ${within} writes although not ${text.slice(1, -1)}`;

export function conditionMutants(root: string): Mutant[] {
  return findConditions(root)
    .map((condition) => ({ ...condition, name: nameOf(condition) }))
    .filter(({ name }) => !EQUIVALENT.has(name))
    .map(({ name, file, text, at }): Mutant => {
      const race = RACES.get(name);
      // It must hold always and still use each of its placeholders, as DynamoDB wants it.
      const replace = `('(' + (${text}) + ') OR attribute_exists(pk) OR attribute_not_exists(pk)')`;
      return {
        name,
        edits: [{ file, find: text, at, replace }],
        ...(race === undefined ? { also: file } : { race }),
      };
    });
}
