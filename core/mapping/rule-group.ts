import type { JsonValue } from '../json-value.ts';
import type { Reading } from './condition.ts';
import type { ConditionId, Evaluator, PooledCondition, Slot } from './evaluator.ts';
import type { Path } from './path.ts';
import type { MappingRule } from './rule.ts';

// The rules for one event name or one name matcher, arranged by what they ask of the event. Each rule stands behind
// exactly one door, chosen among its conditions. Where many rules ask for a value of one field (`plan` equals "pro"),
// the door is a table from values to rules, and the event's own value leads to the rules; otherwise it is a condition,
// shared with the other rules that begin with it. Only for rules whose door opens are the other conditions evaluated.
// Of several tables a rule takes the one where the fewest rules share its value.
//
// What an event walks along is flat arrays of numbers. Objects would do the same and cost a cache miss each, which
// between two parsed events is most of the time that matching takes.

/** A rule's position in the order of creation, by which the index knows it. */
export type Rank = number;

/** Rules behind one door: rank, number of other conditions, their ids, the next rank, and so on. */
type Entries = number[];

/** Doors that are conditions: id, length of the entries, the entries, the next id, and so on. */
type Gates = number[];

/** Gates of single places: place, length of its gates, the gates, the next place, and so on. */
type Fields = number[];

interface Table {
  readonly slot: Slot | undefined;
  /** For a path with `[]`, which has no slot. */
  readonly path: Path;
  readonly reading: Reading;
  readonly entries: Map<JsonValue | undefined, Entries>;
}

interface Arrangement {
  readonly fields: Fields;
  readonly tables: readonly Table[] | undefined;
  readonly rest: Rest | undefined;
}

interface Rest {
  /** Gates of paths with `[]`. */
  readonly listGates: Gates;
  /** Rules without conditions. */
  readonly open: Entries;
}

/** With fewer rules on a field, comparing is quicker than a lookup. */
const TABLE_RULES_MIN = 4;

export class RuleGroup {
  readonly #ranks: Rank[] = [];
  readonly #rules: MappingRule[] = [];
  #arrangement: Arrangement | undefined;

  get ranks(): readonly Rank[] {
    return this.#ranks;
  }

  add(rank: Rank, rule: MappingRule): void {
    this.#ranks.push(rank);
    this.#rules.push(rule);
  }

  /** Appends the rules whose conditions hold for the evaluator's event: in no particular order, perhaps one twice. */
  collect(evaluator: Evaluator, found: Rank[]): void {
    const { fields, tables, rest } = (this.#arrangement ??= arrange(this.#ranks, this.#rules, evaluator));
    collectFields(fields, evaluator, found);
    if (tables !== undefined) {
      for (const table of tables) collectTable(table, evaluator, found);
    }
    if (rest !== undefined) {
      collectListGates(rest.listGates, evaluator, found);
      collectEntries(rest.open, 0, rest.open.length, evaluator, found);
    }
  }
}

function collectFields(fields: Fields, evaluator: Evaluator, found: Rank[]): void {
  let at = 0;
  while (at < fields.length) {
    const value = evaluator.value(fields[at] ?? 0);
    const end = at + 2 + (fields[at + 1] ?? 0);
    at += 2;
    while (at < end) {
      const start = at + 2;
      const next = start + (fields[at + 1] ?? 0);
      if (evaluator.holdsFor(fields[at] ?? 0, value)) collectEntries(fields, start, next, evaluator, found);
      at = next;
    }
  }
}

function collectListGates(gates: Gates, evaluator: Evaluator, found: Rank[]): void {
  let at = 0;
  while (at < gates.length) {
    const start = at + 2;
    const next = start + (gates[at + 1] ?? 0);
    if (evaluator.holds(gates[at] ?? 0)) collectEntries(gates, start, next, evaluator, found);
    at = next;
  }
}

function collectTable(table: Table, evaluator: Evaluator, found: Rank[]): void {
  if (table.slot === undefined) {
    for (const value of evaluator.values(table.path)) collectListed(table, value, evaluator, found);
    return;
  }
  const value = evaluator.value(table.slot);
  if (value !== undefined) collectListed(table, value, evaluator, found);
}

function collectListed(table: Table, value: JsonValue, evaluator: Evaluator, found: Rank[]): void {
  const entries = table.entries.get(table.reading.read(value));
  if (entries !== undefined) collectEntries(entries, 0, entries.length, evaluator, found);
}

function collectEntries(
  entries: Entries,
  from: number,
  to: number,
  evaluator: Evaluator,
  found: Rank[],
): void {
  let at = from;
  while (at < to) {
    const rank = entries[at] ?? 0;
    const end = at + 2 + (entries[at + 1] ?? 0);
    at += 2;
    while (at < end && evaluator.holds(entries[at] ?? 0)) at += 1;
    if (at === end) found.push(rank);
    at = end;
  }
}

function addEntry(
  entries: Entries,
  rank: Rank,
  conditions: readonly PooledCondition[],
  door?: PooledCondition,
): void {
  const others = conditions.filter((condition) => condition !== door);
  entries.push(rank, others.length);
  for (const { id } of others) entries.push(id);
}

function arrange(ranks: readonly Rank[], rules: readonly MappingRule[], evaluator: Evaluator): Arrangement {
  const conditionsOf = rules.map((rule) => compileAll(rule, evaluator));
  const uses = new Uses();
  if (rules.length >= TABLE_RULES_MIN) {
    for (const conditions of conditionsOf) uses.count(conditions ?? []);
  }

  const tables = new Map<string, Table>();
  const gatesOfField = new Map<Slot | undefined, Map<ConditionId, Entries>>();
  const open: Entries = [];
  for (const [at, conditions] of conditionsOf.entries()) {
    const rank = ranks[at];
    if (conditions === undefined || rank === undefined) continue;
    const door = chooseDoor(conditions, uses);
    if (door === undefined) addEntry(open, rank, conditions);
    else if (uses.deserveTable(door) && door.keys !== undefined) {
      const { entries } = tableFor(tables, door, door.keys.reading);
      for (const value of door.keys.values) {
        let listed = entries.get(value);
        if (listed === undefined) entries.set(value, (listed = []));
        addEntry(listed, rank, conditions, door);
      }
    } else {
      let gates = gatesOfField.get(door.slot);
      if (gates === undefined) gatesOfField.set(door.slot, (gates = new Map<ConditionId, Entries>()));
      let entries = gates.get(door.id);
      if (entries === undefined) gates.set(door.id, (entries = []));
      addEntry(entries, rank, conditions, door);
    }
  }
  const listGates: Gates = [];
  const fields: Fields = [];
  for (const [slot, gates] of gatesOfField) {
    const flat: Gates = [];
    for (const [id, entries] of gates) appendAll(flat, [id, entries.length], entries);
    if (slot === undefined) appendAll(listGates, flat);
    else appendAll(fields, [slot, flat.length], flat);
  }
  return {
    fields,
    tables: tables.size === 0 ? undefined : [...tables.values()],
    rest: listGates.length === 0 && open.length === 0 ? undefined : { listGates, open },
  };
}

function appendAll(target: number[], ...parts: readonly (readonly number[])[]): void {
  for (const part of parts) for (const number of part) target.push(number);
}

/** How many of the group's rules use a condition, and how many look up a field. */
class Uses {
  readonly #ofCondition = new Map<ConditionId, number>();
  readonly #ofField = new Map<string, number>();

  count(conditions: readonly PooledCondition[]): void {
    for (const { id, keys, condition } of conditions) {
      if (keys === undefined) continue;
      this.#ofCondition.set(id, (this.#ofCondition.get(id) ?? 0) + 1);
      this.#ofField.set(condition.path, (this.#ofField.get(condition.path) ?? 0) + 1);
    }
  }

  deserveTable({ keys, condition }: PooledCondition): boolean {
    return keys !== undefined && (this.#ofField.get(condition.path) ?? 0) >= TABLE_RULES_MIN;
  }

  sharing({ id }: PooledCondition): number {
    return this.#ofCondition.get(id) ?? 0;
  }
}

/** Undefined when a path cannot be read: such a rule fails closed. */
function compileAll(rule: MappingRule, evaluator: Evaluator): readonly PooledCondition[] | undefined {
  const conditions: PooledCondition[] = [];
  for (const condition of rule.conditions) {
    const pooled = evaluator.condition(condition);
    if (pooled === undefined) return undefined;
    conditions.push(pooled);
  }
  return conditions;
}

/** The condition with keys that the fewest rules share, because it opens least often; without one, the first. */
function chooseDoor(conditions: readonly PooledCondition[], uses: Uses): PooledCondition | undefined {
  let best: PooledCondition | undefined;
  let fewest = Infinity;
  for (const condition of conditions) {
    if (condition.keys === undefined) continue;
    const sharing = uses.sharing(condition);
    if (best === undefined || sharing < fewest) {
      best = condition;
      fewest = sharing;
    }
  }
  return best ?? conditions[0];
}

function tableFor(tables: Map<string, Table>, door: PooledCondition, reading: Reading): Table {
  const key = `${reading.id} ${door.condition.path}`;
  let table = tables.get(key);
  if (table === undefined) {
    table = { slot: door.slot, path: door.path, reading, entries: new Map() };
    tables.set(key, table);
  }
  return table;
}
