import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { decideEvent, type EventDecision } from '../core/decide-event.ts';
import { isTakenBack, reviseMapped, type PastChange } from '../core/revise-mapped.ts';
import type { Ruleset } from '../core/ruleset.ts';
import { N, readOptionalN, S, type Item } from './attributes.ts';
import type { FailedEvent } from './commit.ts';
import type { DecidedEvent } from './decided-event.ts';
import { EVENT_SK, eventPk, fromEventItem } from './event-item.ts';
import { fromStoredOutcome } from './event-outcome.ts';
import { isPermanent } from './failure-kind.ts';
import { commitAll, describeFailure, type SettleDependencies } from './settle-events.ts';

// Takes back, exactly, what a rule has counted, and gives the events their new outcome: in one transaction per chunk, under
// the condition that each event's outcome is still the very one that was read. So it may be done for the same events any
// number of times, by any number of workers.
//
// An event without an outcome has nothing to take back, but somebody may be about to commit a decision that was made before
// the rule changed. So it gets a fence: from now on only decisions of the changed rules are committed for it. The commit
// came before, and the event is found mapped when it is read again, or it fails. docs/decisions/0030 has the whole argument.

export interface Revised {
  /** Events whose usage was taken back by this call, and how many of them count again. */
  readonly reverted: number;
  readonly mapped: number;
  readonly failed: readonly FailedEvent[];
}

const ROUNDS_MAX = 20;
/** Of the revisions of an event, so many are kept. */
const REVISIONS_MAX = 10;

/** Throws nothing for a single event: those that could not be revised are in `failed`. */
export async function reviseEvents(
  deps: SettleDependencies,
  keys: readonly string[],
  change: PastChange,
  deadline: number,
): Promise<Revised> {
  let pending: readonly string[] = [...new Set(keys)];
  const failed: FailedEvent[] = [];
  let [reverted, mapped] = [0, 0];
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === ROUNDS_MAX || deps.now() >= deadline) {
      const error = new Error('There was no time left to revise this event.');
      failed.push(...pending.map((key) => ({ key, error, permanent: false })));
      break;
    }
    const { decided, stale, broken } = await readRound(deps, pending, change);
    const result = await commitAll(deps, decided, { deadline });
    const done = new Set(result.done);
    for (const { record, decision } of decided) {
      if (!done.has(record.key)) continue;
      reverted += 1;
      if (decision.kind === 'mapped') mapped += 1;
    }
    failed.push(...broken, ...result.failed);
    pending = [...stale, ...result.stale];
  }
  return { reverted, mapped, failed };
}

interface Round {
  readonly decided: readonly DecidedEvent[];
  /** To be read again. */
  readonly stale: readonly string[];
  readonly broken: readonly FailedEvent[];
}

async function readRound(
  deps: SettleDependencies,
  keys: readonly string[],
  change: PastChange,
): Promise<Round> {
  // As when settling: a decision is never newer than the generation that it claims.
  const ruleset = await deps.rulesets.current();
  const decided: DecidedEvent[] = [];
  const stale: string[] = [];
  const broken: FailedEvent[] = [];
  await Promise.all(
    [...(await deps.events.items(keys))].map(async ([key, item]) => {
      try {
        switch (item['st']?.S) {
          case 'received':
          case 'quarantined':
            if (!(await raiseEventFence(deps, item, change.generation))) stale.push(key);
            return;
          case 'mapped': {
            const event = await revise(deps, item, ruleset, change);
            if (event !== undefined) decided.push(event);
            return;
          }
          default:
            // An unmapped event is behind the fence of its group; nothing else ever has a use.
            return;
        }
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        broken.push({ key, error, permanent: isPermanent(error) });
      }
    }),
  );
  return { decided, stale, broken };
}

/** Whether the fence stands; false when the event has moved on meanwhile. */
async function raiseEventFence(
  { dynamo, tables }: SettleDependencies,
  item: Item,
  generation: number,
): Promise<boolean> {
  if ((readOptionalN(item, 'fence') ?? 0) >= generation) return true;
  const { key, state } = fromEventItem(item);
  try {
    await dynamo.send(
      new UpdateItemCommand({
        TableName: tables.events,
        Key: { pk: S(eventPk(key)), sk: S(EVENT_SK) },
        UpdateExpression: 'SET fence = :g',
        ConditionExpression: 'st = :st AND (attribute_not_exists(fence) OR fence < :g)',
        ExpressionAttributeValues: { ':g': N(generation), ':st': S(state) },
      }),
    );
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}

/** Undefined for an event that has no use of the rule. */
async function revise(
  deps: SettleDependencies,
  item: Item,
  ruleset: Ruleset,
  change: PastChange,
): Promise<DecidedEvent | undefined> {
  const record = fromEventItem(item);
  const outcome = fromStoredOutcome(record.outcome ?? '');
  const counted = outcome.uses ?? [];
  if (!counted.some((use) => isTakenBack(use, change))) return undefined;
  const { generation } = ruleset;
  const { kind, ruleId, belowVersion } = change;
  const revision = { kind, ruleId, belowVersion, generation, at: deps.now() };
  const revised = (kept: boolean) => ({
    record,
    counted,
    generation,
    keptNotes: outcome.notes ?? [],
    ...(kept && { keptFrom: outcome.generation }),
    revisions: [...(outcome.revisions ?? []), { ...revision, kept }].slice(-REVISIONS_MAX),
  });
  // Reverting an event that other rules count needs no look at its body.
  const asked = kind === 'recount' || counted.every((use) => isTakenBack(use, change));
  const decision = asked ? await decideAgain(deps, item, ruleset) : NOT_ASKED;
  if (decision.kind === 'quarantined') return { ...revised(false), decision };
  const result = reviseMapped(counted, change, () => decision);
  if (result === undefined) return undefined;
  return result.kind === 'kept'
    ? { ...revised(true), decision: { kind: 'mapped', uses: result.uses } }
    : { ...revised(false), decision: result.decision };
}

const NOT_ASKED: EventDecision = { kind: 'mapped', uses: [] };

/** An event that cannot be decided any more counts no longer, and is shown with its error, as when it is settled. */
async function decideAgain(
  { events }: SettleDependencies,
  item: Item,
  ruleset: Ruleset,
): Promise<DecidedEvent['decision']> {
  try {
    const { event } = await events.open(item);
    // What Engage said with the event has been heard: only what it counts is decided again.
    const { engage: _, ...decision } = decideEvent(event, ruleset);
    return decision;
  } catch (error) {
    if (!(error instanceof Error) || !isPermanent(error)) throw error;
    return { kind: 'quarantined', error: describeFailure(error) };
  }
}
