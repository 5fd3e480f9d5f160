import type { OutcomeRevision } from '../../adapters/event-item.ts';
import type { ExplainStep } from './explain-step.ts';

// The reverts and recounts that have changed an event since it was first counted, oldest first.

/** `ruleText` is how a rule is called: its name in quotes, or its id. */
export const revisionSteps = (
  revisions: readonly OutcomeRevision[] = [],
  ruleText: (ruleId: string) => string,
): ExplainStep[] => revisions.map((revision) => revisionStep(revision, ruleText(revision.ruleId)));

function revisionStep(
  { kind, ruleId, belowVersion, generation, at, kept }: OutcomeRevision,
  rule: string,
): ExplainStep {
  const anew = `Nothing else had counted it, so it was decided again by the rules of generation ${String(generation)}.`;
  const data = { ruleId, belowVersion, generation };
  return kind === 'revert'
    ? {
        kind: 'reverted',
        title: `What the rule ${rule} had counted was taken back: it was disabled or deleted with revert.`,
        detail: kept ? 'What other rules, or the event itself, had counted stayed.' : anew,
        at,
        data,
      }
    : {
        kind: 'recounted',
        title: `What the rule ${rule} had counted before version ${String(belowVersion)} was taken back: it was changed with recount.`,
        detail: kept
          ? 'What other rules, or the event itself, had counted stayed, and what the changed rule counts was added.'
          : anew,
        at,
        data,
      };
}

/** The revision that gave the event the outcome that it has now. */
export function decidingRevision(
  revisions: readonly OutcomeRevision[] | undefined,
  generation: number,
): OutcomeRevision | undefined {
  const last = revisions?.at(-1);
  return last !== undefined && !last.kept && last.generation === generation ? last : undefined;
}
