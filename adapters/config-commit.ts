import {
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { Ruleset, RulesetSnapshot } from '../core/ruleset.ts';
import type { AskedChange } from './asked-change.ts';
import type { Item } from './attributes.ts';
import { pause } from './backoff.ts';
import { noteWrite, readNote } from './config-note.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';
import { rulesetWrites, type RulesetStore } from './ruleset-store.ts';

// The one way to change rules and features. Every change is one transaction: what is changed, the next ruleset, and the
// head that names it, under the condition that the head has not moved since it was read. So changes happen one after the
// other, each check (does the feature exist, does a rule still use it) holds at the moment of the change, and of two that
// collide the later one reads again and repeats.
//
// Each change is made once, whoever else changes what meanwhile: its note (config-note.ts) is looked for after the head was
// read, and written with the head. If an attempt of it, delayed on its way, arrives in between, the head has moved; if it
// arrives after, it finds the head moved. In a repetition of the request the same holds, because the change keeps its id.

/** The change was not made. `busy`: too many others were made at the same time, so it may be sent again. */
export type NotSaved = { readonly kind: 'busy' } | { readonly kind: 'ruleset_too_large' };

export interface ConfigChange {
  readonly next: RulesetSnapshot;
  /** What was changed, as a sentence for the reprocessing job that follows. */
  readonly cause: string;
  /** The rule that was changed; absent for a change of a feature. */
  readonly ruleId?: string;
  readonly items: readonly TransactWriteItem[];
  /** What there is to tell about it afterwards, as attributes. */
  readonly made?: Item;
}

/** What to write; without `write` there is nothing (more) to write. */
export interface Plan<Result> {
  readonly write?: ConfigChange;
  readonly result: Result;
}

export interface ChangeToMake<Result> {
  readonly asked: AskedChange;
  readonly now: () => number;
  /** Asked again, with the ruleset of that moment, whenever another change came first. */
  readonly plan: (current: Ruleset) => Promise<Plan<Result>>;
  /** The result, when the change has been made already, from the attributes that it left. */
  readonly resultOf: (made: Item) => Result;
}

/** Parts of a stored ruleset that a change writes and, two generations later, removes (ruleset-store.ts). */
const RULESET_PARTS_MAX = 4;
const COLLISIONS_MAX = 14;
const FAULTS_MAX = 2;

/** Makes the change, unless it has been made. */
export async function commitConfigChange<Result>(
  store: { readonly dynamo: DynamoDBClient; readonly table: string; readonly rulesets: RulesetStore },
  { asked, now, plan, resultOf }: ChangeToMake<Result>,
): Promise<Result | NotSaved> {
  const { dynamo, table, rulesets } = store;
  let faults = 0;
  for (let attempt = 0; attempt <= COLLISIONS_MAX; attempt += 1) {
    if (attempt > 0) await pause(attempt);
    // The ruleset before the rest: what is read after it and committed under its generation has not changed since.
    const current = await rulesets.current();
    const note = await readNote(dynamo, table, asked.id);
    if (note !== undefined) return resultOf(note);
    const { write, result } = await plan(current);
    if (write === undefined) return result;
    const ruleset = rulesetWrites(table, write.next, write.cause.toWellFormed(), write.ruleId);
    if (partsOf(ruleset) > RULESET_PARTS_MAX) return { kind: 'ruleset_too_large' };
    try {
      const items = [...write.items, ...ruleset, noteWrite(table, asked.id, write.made ?? {}, now())];
      await dynamo.send(new TransactWriteItemsCommand({ TransactItems: items }));
      return result;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (isPermanent(error)) throw error;
      // Anything but a collision may be a lost reply: going round again finds out whether the change was made.
      if (reasonsOf(error).length === 0 && (faults += 1) > FAULTS_MAX) throw error;
    }
  }
  return { kind: 'busy' };
}

const partsOf = (ruleset: readonly TransactWriteItem[]): number =>
  ruleset.filter((write) => write.Put?.Item?.['b'] !== undefined).length;
