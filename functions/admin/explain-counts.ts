import type { FeatureUse } from '../../core/decide-track.ts';
import { hourOf } from '../../core/timestamp.ts';
import { countOf } from './count-of.ts';
import type { ExplainFacts } from './explain-facts.ts';
import type { ExplainStep } from './explain-step.ts';

// What an event counts for, by which rule, and in which counter.

/** What a mapped event counts for, and where. */
export function countSteps(facts: ExplainFacts): ExplainStep[] {
  const { record, outcome, rows } = facts;
  const { day, hour } = hourOf(record.time);
  return (outcome?.uses ?? []).map((use) => {
    const { featureId, delta } = use;
    const row = rows.get(featureId);
    return {
      kind: 'counted',
      title: `It counts ${delta} for ${featureId}: ${countedBy(facts, use)}.`,
      detail: `In the usage of ${record.userId} on ${day} at ${clockOf(hour)} UTC${
        row === undefined ? '' : `, a day that now has a sum of ${row.sum} in ${countOf(row.count, 'event')}`
      }.`,
      at: record.time,
      data: {
        ...use,
        row: { userId: record.userId, featureId, day, hour, ...row },
      },
    };
  });
}

/** How a rule is called: by its name, or by its id where it has none. */
export function ruleText({ ruleNames }: ExplainFacts, ruleId: string): string {
  const name = ruleNames.get(ruleId);
  return name === undefined ? ruleId : `"${name}"`;
}

/** What it counts for: a rule, or what the event says itself. */
const countedBy = (facts: ExplainFacts, { ruleId, ruleVersion }: FeatureUse): string =>
  ruleId === undefined
    ? 'it names the feature itself'
    : `rule ${ruleText(facts, ruleId)}, version ${String(ruleVersion ?? 1)}`;

/** What is left of an event that was erased with its user. */
export const erasedSteps = (facts: ExplainFacts): ExplainStep[] => [erased(facts), ...erasedUses(facts)];

function erased({ record, outcome }: ExplainFacts): ExplainStep {
  return {
    kind: 'erased',
    title: 'It was erased with its user: what it said, whom it named, and its place in the timeline.',
    detail: `Only a mark is left, so that its messageId stays known and it cannot count again. ${
      outcome?.uses === undefined
        ? 'It counted for nothing.'
        : 'What it had counted was taken from the user, and stays in the totals of its features.'
    }`,
    ...(record.erasedAt !== undefined && { at: record.erasedAt }),
  };
}

function erasedUses(facts: ExplainFacts): ExplainStep[] {
  const { day, hour } = hourOf(facts.record.time);
  return (facts.outcome?.uses ?? []).map((use) => ({
    kind: 'counted',
    title: `It counts ${use.delta} in the total of ${use.featureId}: ${countedBy(facts, use)}.`,
    detail: `On ${day} at ${clockOf(hour)} UTC, for nobody any more.`,
    at: facts.record.time,
    data: { ...use, row: { featureId: use.featureId, day, hour } },
  }));
}

const clockOf = (hour: number): string => `${String(hour).padStart(2, '0')}:00`;
