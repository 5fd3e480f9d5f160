import type { JsonObject, JsonValue } from '../json-value.ts';
import { AS_SENT, compileCondition, type CompiledCondition } from './condition.ts';
import { parsePath, stepInto, valuesAt, type ParsedPath, type Path } from './path.ts';
import type { Condition } from './rule.ts';

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

  readonly #paths = new Map<string, ParsedPath>();
  readonly #slots = new Map<string, Slot>();
  readonly #pool = new Map<string, PooledCondition | undefined>();

  /** Undefined when the path cannot be read: such a condition never holds. */
  condition(condition: Condition): PooledCondition | undefined {
    const key = keyOf(condition);
    const known = this.#pool.get(key);
    if (known !== undefined) return known;
    const compiled = compileCondition(condition, (text) => this.#readPath(text));
    if (compiled === undefined) return undefined;
    const id = this.#conditions.length;
    const pooled: PooledCondition = compiled.path.many
      ? { ...compiled, id }
      : { ...compiled, id, slot: this.#slotFor(condition.path, compiled.path) };
    this.#conditions.push(pooled);
    this.#slotOf.push(pooled.slot ?? NO_SLOT);
    this.#onlyValueOf.push(onlyValue(compiled));
    this.#verdicts.push(0);
    this.#pool.set(key, pooled);
    return pooled;
  }

  /** Everything asked from now on is about this event. */
  begin(event: JsonObject): void {
    this.#event = event;
    this.#turn += 1;
  }

  /** Lets go of the event, so that the index does not keep it alive. */
  end(): void {
    this.#event = NO_EVENT;
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

  #readPath(text: string): ParsedPath {
    let parsed = this.#paths.get(text);
    if (parsed === undefined) this.#paths.set(text, (parsed = parsePath(text)));
    return parsed;
  }

  #slotFor(text: string, path: Path): Slot {
    const known = this.#slots.get(text);
    if (known !== undefined) return known;
    let slot = ROOT;
    for (const segment of path.segments) {
      if (segment !== null) slot = this.#childSlot(slot, segment);
    }
    this.#slots.set(text, slot);
    return slot;
  }

  #childSlot(parent: Slot, segment: string | number): Slot {
    const key = `\\${parent}${typeof segment === 'string' ? '.' : '['}${segment}`;
    const known = this.#slots.get(key);
    if (known !== undefined) return known;
    const slot = this.#parents.length;
    this.#parents.push(parent);
    this.#segments.push(segment);
    this.#values.push(undefined);
    this.#readInTurn.push(0);
    this.#slots.set(key, slot);
    return slot;
  }
}

function onlyValue({ path, keys }: CompiledCondition): JsonValue | undefined {
  return !path.many && keys?.reading === AS_SENT && keys.values.length === 1 ? keys.values[0] : undefined;
}

/** Equal keys, equal meaning. */
function keyOf(condition: Condition): string {
  return JSON.stringify(condition);
}
