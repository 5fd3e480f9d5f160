import type { EventRecord, TimeNote } from '../../adapters/event-item.ts';
import type { FoundRejection } from '../../adapters/feed-store.ts';
import type { UnmappedReason } from '../../core/unmapped-group.ts';
import { countOf } from './count-of.ts';
import { countSteps, erasedSteps, ruleText } from './explain-counts.ts';
import type { ExplainFacts } from './explain-facts.ts';
import { appliedStep, mergeSteps, noteSteps } from './explain-identify.ts';
import { decidingRevision, revisionSteps } from './explain-revisions.ts';
import type { ExplainStep } from './explain-step.ts';

// The story of one event, from its arrival to the counter that it is in, as steps that a person can read. Everything in it
// is read from what is stored, or decided anew by the code that decides; nothing is guessed.

/** An event that is still waiting after so long has met an obstacle. */
const LATE_MS = 5 * 60_000;

const REASONS: Record<UnmappedReason, string> = {
  no_rule: 'No enabled rule matches it, and it names no feature itself.',
  unknown_feature:
    'It names a feature that does not exist. It is counted as soon as a feature with that id is created.',
  archived_feature: 'Its feature is archived. It is counted when the feature is taken out of the archive.',
  invalid_delta: 'The amount to count is not a number with at most 15 digits before and 6 after the point.',
};

const TIME_NOTES: Record<TimeNote, string> = {
  missing: 'It has no timestamp, so it counts at the time of its arrival.',
  invalid: 'Its timestamp is not a date, so it counts at the time of its arrival.',
  future: 'Its timestamp is more than 24 hours ahead, so it counts at the time of its arrival.',
};

export function explainSteps(facts: ExplainFacts): ExplainStep[] {
  return [
    arrival(facts),
    ...identity(facts),
    ...timeSteps(facts.record),
    ...redriveSteps(facts.record),
    ...userSteps(facts),
    ...revisionSteps(facts.outcome?.revisions, (ruleId) => ruleText(facts, ruleId)),
    ...decisionSteps(facts),
    ...mergeSteps(facts.merge),
    ...noteSteps(facts.outcome?.notes),
    ...ruleSteps(facts),
    ...differenceSteps(facts),
  ];
}

/** The story of a message that was refused: as far as the live feed remembers it. */
export function rejectionSteps({ at, dialect, apiKeyId, code, message }: FoundRejection): ExplainStep[] {
  return [
    {
      kind: 'rejected',
      title: 'It was refused and not stored.',
      detail: message,
      at,
      data: { code, dialect, ...(apiKeyId !== undefined && { apiKeyId }) },
    },
  ];
}

function arrival({ record, apiKey }: ExplainFacts): ExplainStep {
  const way = record.dialect === 'webhook' ? 'as a webhook (/segment)' : 'by the tracking API (/v1)';
  const key = apiKey === undefined ? record.apiKeyId : `"${apiKey.name}"`;
  return {
    kind: 'received',
    title: `It arrived ${way} with the key ${key}.`,
    ...(apiKey?.revoked === true && { detail: 'That key has been revoked since.' }),
    at: record.receivedAt,
    data: { dialect: record.dialect, apiKeyId: record.apiKeyId },
  };
}

function identity({ record }: ExplainFacts): ExplainStep[] {
  const first: ExplainStep = {
    kind: 'stored',
    title: 'It was the first with its messageId, and was stored.',
    detail: 'Whatever comes under this messageId again counts no second time.',
    at: record.receivedAt,
  };
  if (record.conflictAt === undefined) return [first];
  const conflict: ExplainStep = {
    kind: 'conflict',
    title: 'Another body came under the same messageId and was refused.',
    detail: 'The first body is kept. A sender must give every event a messageId of its own.',
    at: record.conflictAt,
  };
  return [first, conflict];
}

function timeSteps({ timeNote }: EventRecord): ExplainStep[] {
  if (timeNote === undefined) return [];
  return [{ kind: 'time', title: TIME_NOTES[timeNote], data: { timeNote } }];
}

function redriveSteps({ redriven }: EventRecord): ExplainStep[] {
  if (redriven === undefined) return [];
  const { at, by, error } = redriven;
  return [
    {
      kind: 'redriven',
      title: `It had been quarantined, and was sent back by ${by}.`,
      ...(error !== undefined && { detail: error }),
      at,
      data: { by },
    },
  ];
}

function userSteps({ record, user }: ExplainFacts): ExplainStep[] {
  if (user === undefined) {
    if (record.state !== 'received') return [];
    return [
      {
        kind: 'user',
        title: `Its userId is ${record.userId}, whom no processed event has named so far.`,
        data: { userId: record.userId },
      },
    ];
  }
  return [
    {
      kind: 'user',
      title: user.isMerged
        ? `Its userId ${record.userId} has been merged into ${user.userId}, whose usage includes it.`
        : `Its userId is that of the user ${user.userId}.`,
      data: { userId: record.userId, countsFor: user.userId },
    },
  ];
}

function decisionSteps(facts: ExplainFacts): ExplainStep[] {
  const { record, outcome, triedUpTo } = facts;
  const decided = {
    ...(outcome !== undefined && { at: outcome.decidedAt }),
    data: { ...(outcome !== undefined && { generation: outcome.generation }) },
  };
  switch (record.state) {
    case 'received':
      return [waiting(facts)];
    case 'mapped':
      return [
        { kind: 'mapped', title: `It was mapped ${decidedHow(facts)}.`, ...decided },
        ...countSteps(facts),
      ];
    case 'unmapped':
      return [
        {
          kind: 'unmapped',
          title: 'It counts for nothing yet.',
          ...(record.reason !== undefined && { detail: REASONS[record.reason] }),
          ...decided,
        },
        ...triedSteps(triedUpTo),
      ];
    case 'applied':
      return [
        {
          kind: 'applied',
          ...appliedStep(record.userId, outcome?.identify),
          ...decided,
          data: { ...decided.data, ...outcome?.identify },
        },
      ];
    case 'quarantined':
      return [
        {
          kind: 'quarantined',
          title: 'It could not be processed, and waits for a person.',
          detail: `${outcome?.error ?? 'The reason was not kept.'} When that is mended, send it back with POST /api/quarantine/redrive.`,
          ...decided,
        },
      ];
    case 'erased':
      return erasedSteps(facts);
  }
}

function triedSteps(generation: number | undefined): ExplainStep[] {
  if (generation === undefined) return [];
  const title = `It has been tried against every change of rules and features so far.`;
  return [{ kind: 'tried', title, data: { generation } }];
}

function waiting({ record, now }: ExplainFacts): ExplainStep {
  const isLate = now - (record.redriven?.at ?? record.receivedAt) > LATE_MS;
  return {
    kind: 'waiting',
    title: 'It waits to be processed.',
    detail: isLate
      ? 'Longer than usual: it is tried again until it succeeds or is quarantined. The alarms of the events queue say what is wrong.'
      : 'Usually that takes a few seconds.',
  };
}

function decidedHow({ job, outcome }: ExplainFacts): string {
  const generation = outcome?.generation ?? 0;
  const revision = decidingRevision(outcome?.revisions, generation);
  if (revision !== undefined)
    return `again by the rules of generation ${String(generation)}, after that ${revision.kind}`;
  return job === undefined
    ? `by the rules of generation ${String(generation)}`
    : `when the stored events were tried again (${job.id}: ${job.cause})`;
}

function ruleSteps({ record, explanation }: ExplainFacts): ExplainStep[] {
  if (record.type !== 'track' || explanation === undefined) return [];
  const { namedFeature, rules, rulesForOtherEvents, generation } = explanation;
  if (namedFeature !== undefined) {
    return [
      {
        kind: 'rules',
        title: `It names the feature ${namedFeature} itself, so no rule is asked.`,
        data: { namedFeature, generation },
      },
    ];
  }
  const matched = rules.filter((rule) => rule.matched).length;
  return [
    {
      kind: 'rules',
      title: rulesTitle(rules.length, matched, record.name ?? ''),
      detail: `${
        rulesForOtherEvents === 0
          ? ''
          : `${countOf(rulesForOtherEvents, 'other rule')} ${rulesForOtherEvents === 1 ? 'is' : 'are'} for other event names. `
      }This is by the rules as they are now.`,
      data: { generation, candidates: rules.length, matched },
    },
  ];
}

function rulesTitle(candidates: number, matched: number, name: string): string {
  if (candidates === 0) return `No enabled rule takes the event name "${name}".`;
  if (candidates === 1) {
    return `The one enabled rule for its event name ${matched === 1 ? 'matches' : 'does not match'}.`;
  }
  const those = `the ${String(candidates)} enabled rules for its event name`;
  return matched === 0
    ? `None of ${those} matches.`
    : `${String(matched)} of ${those} ${matched === 1 ? 'matches' : 'match'}.`;
}

/** Where the rules of now would say something else than what is stored. */
function differenceSteps({ record, outcome, explanation }: ExplainFacts): ExplainStep[] {
  if (explanation === undefined) return [];
  const { decision } = explanation;
  if (record.state === 'unmapped' && decision.kind === 'mapped') {
    return [
      {
        kind: 'now',
        title: 'The rules as they are now would map it.',
        detail: 'A change of rules is being tried on the stored events: it is mapped within minutes.',
      },
    ];
  }
  if (record.state !== 'mapped') return [];
  const features = (uses: readonly { readonly featureId: string; readonly delta: string }[] = []): string =>
    JSON.stringify(uses.map(({ featureId, delta }) => [featureId, delta]).sort());
  const now = decision.kind === 'mapped' ? decision.uses : [];
  if (features(outcome?.uses) === features(now)) return [];
  return [
    {
      kind: 'now',
      title:
        decision.kind === 'mapped'
          ? `The rules as they are now would count ${now.map(({ featureId, delta }) => `${delta} for ${featureId}`).join(', ')}.`
          : 'The rules as they are now would not count it.',
      detail: 'What has been counted stays, unless a rule is changed with recount or deleted with revert.',
    },
  ];
}
