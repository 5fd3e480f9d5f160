import type { JsonObject, JsonValue } from '../json-value.ts';
import { AS_SENT, compileConditionAt, type CompiledCondition } from './condition.ts';
import type { Condition, Operator } from './condition-schema.ts';
import { EVERY_ELEMENT, parsePath, stepInto, valuesAt, type ParsedPath, type Path } from './path.ts';

// Evaluates one event at a time for many rules, and does nothing twice: a place in the event is read once, however many
// rules look at it, and a condition that a hundred rules share is evaluated once. Places and conditions have numbers,
// given when rules are compiled. What is known about the current event stands in arrays under these numbers, each entry
// marked with the event that it was found for, so that starting with the next event costs nothing.

/** The number of a place in the event. */
export type Slot = number;
/** The number of a condition. */
export type ConditionId = number;

export interface PooledCondition extends CompiledCondition {
  readonly id: ConditionId;
  /** The place it looks at; absent for a path with `[]`. */
  readonly slot?: Slot;
}

const ROOT: Slot = 0;
/** Of a path with `[]`. */
const NO_SLOT: Slot = -1;
const NO_EVENT: JsonObject = {};

export class Evaluator {
  #event: JsonObject = NO_EVENT;
  /** Counts events from 1. */
  #turn = 0;

  readonly #parents: Slot[] = [ROOT];
  readonly #segments: (string | number)[] = [''];
  readonly #values: (JsonValue | undefined)[] = [undefined];
  readonly #readInTurn: number[] = [0];

  readonly #conditions: PooledCondition[] = [];
  /** Where a condition looks. */
  readonly #slotOf: Slot[] = [];
  /** The one value, compared as it was sent, for which a condition holds; undefined when there is more to it. */
  readonly #onlyValueOf: (JsonValue | undefined)[] = [];
  /** The turn in which the condition was evaluated; negative when it did not hold. */
  readonly #verdicts: number[] = [];

  readonly #places = new Map<string, Place>();
  readonly #children = new Map<string, Slot>();

  /** Undefined when the path cannot be read: such a condition never holds. */
  condition(condition: Condition): PooledCondition | undefined {
    const place = this.#placeOf(condition.path);
    if (!place.parsed.ok) return undefined;
    const pool = poolFor(place, condition);
    const key = isPlain(condition) ? valueOf(condition) : JSON.stringify(condition);
    let pooled = pool.get(key);
    if (pooled === undefined) {
      pooled = this.#add(condition, place.parsed.path, place.slot);
      pool.set(key, pooled);
    }
    return pooled;
  }

  #add(condition: Condition, path: Path, slot: Slot | undefined): PooledCondition {
    const compiled = compileConditionAt(condition, path);
    const id = this.#conditions.length;
    const pooled: PooledCondition = slot === undefined ? { ...compiled, id } : { ...compiled, id, slot };
    this.#conditions.push(pooled);
    this.#slotOf.push(slot ?? NO_SLOT);
    this.#onlyValueOf.push(onlyValue(compiled));
    this.#verdicts.push(0);
    return pooled;
  }

  /** Everything asked from now on is about this event. It is kept until the next one. */
  begin(event: JsonObject): void {
    this.#event = event;
    this.#turn += 1;
  }

  /** The value at a place; undefined when there is none. */
  value(slot: Slot): JsonValue | undefined {
    const container = this.#container(this.#parents[slot] ?? ROOT);
    return container === undefined ? undefined : stepInto(container, this.#segments[slot] ?? '');
  }

  /** What leads to other places (`properties`, `context.page`) is remembered; the leaves are read once or twice. */
  #container(slot: Slot): JsonValue | undefined {
    if (slot === ROOT) return this.#event;
    if (this.#readInTurn[slot] === this.#turn) return this.#values[slot];
    const value = this.value(slot);
    this.#values[slot] = value;
    this.#readInTurn[slot] = this.#turn;
    return value;
  }

  /** Whether a condition on a single place holds, given what is there. */
  holdsFor(id: ConditionId, value: JsonValue | undefined): boolean {
    const only = this.#onlyValueOf[id];
    return only === undefined ? this.#conditions[id]?.holdsFor(value) === true : value === only;
  }

  values(path: Path): readonly JsonValue[] {
    return valuesAt(this.#event, path);
  }

  holds(id: ConditionId): boolean {
    const verdict = this.#verdicts[id];
    if (verdict === this.#turn) return true;
    if (verdict === -this.#turn) return false;
    const slot = this.#slotOf[id] ?? NO_SLOT;
    const holds =
      slot === NO_SLOT
        ? this.#conditions[id]?.holds(this.#event) === true
        : this.holdsFor(id, this.value(slot));
    this.#verdicts[id] = holds ? this.#turn : -this.#turn;
    return holds;
  }

  #placeOf(text: string): Place {
    let place = this.#places.get(text);
    if (place === undefined) {
      const parsed = parsePath(text);
      const slot = parsed.ok && !parsed.path.many ? this.#slotFor(parsed.path) : undefined;
      place = { parsed, slot, plain: new Map(), switched: new Map() };
      this.#places.set(text, place);
    }
    return place;
  }

  #slotFor(path: Path): Slot {
    let slot = ROOT;
    for (const segment of path.segments) {
      if (segment !== EVERY_ELEMENT) slot = this.#childSlot(slot, segment);
    }
    return slot;
  }

  #childSlot(parent: Slot, segment: string | number): Slot {
    const key = `${parent}${typeof segment === 'string' ? '.' : '['}${segment}`;
    const known = this.#children.get(key);
    if (known !== undefined) return known;
    const slot = this.#parents.length;
    this.#parents.push(parent);
    this.#segments.push(segment);
    this.#values.push(undefined);
    this.#readInTurn.push(0);
    this.#children.set(key, slot);
    return slot;
  }
}

/** A path, and the conditions on it: rules repeat each other, and looking one up is quicker than compiling it. */
interface Place {
  readonly parsed: ParsedPath;
  readonly slot: Slot | undefined;
  /** By operator and value. */
  readonly plain: Map<Operator, Pool>;
  /** By everything, as JSON: conditions with switches, and those with lists. */
  readonly switched: Pool;
}

type Pool = Map<JsonValue | undefined, PooledCondition>;

function poolFor(place: Place, condition: Condition): Pool {
  if (!isPlain(condition)) return place.switched;
  let pool = place.plain.get(condition.operator);
  if (pool === undefined)
    place.plain.set(condition.operator, (pool = new Map<JsonValue | undefined, PooledCondition>()));
  return pool;
}

/** Nothing but path, operator and a single value. */
function isPlain(condition: Condition): boolean {
  for (const key in condition) {
    if (key !== 'path' && key !== 'operator' && key !== 'value') return false;
  }
  return typeof valueOf(condition) !== 'object';
}

function valueOf(condition: Condition): JsonValue | undefined {
  return 'value' in condition ? condition.value : undefined;
}

function onlyValue({ path, keys }: CompiledCondition): JsonValue | undefined {
  return !path.many && keys?.reading === AS_SENT && keys.values.length === 1 ? keys.values[0] : undefined;
}
