import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import { parsePath, pathToText } from './mapping/path.ts';

// What events of one kind carry: each place in their properties, how often it is there, of which types, with which values.

export interface PropertySummary {
  readonly path: string;
  /** How many events have it, null aside. */
  readonly present: number;
  /** Type → how many events. */
  readonly types: Readonly<Record<string, number>>;
  /** The most frequent values, texts, numbers and booleans only. */
  readonly values: readonly { readonly value: string | number | boolean; readonly count: number }[];
  /** How many different values there are; absent when there were too many to count. */
  readonly distinct?: number;
}

const PATHS_MAX = 100;
const DEPTH_MAX = 4;
const DISTINCT_MAX = 100;
const VALUES_SHOWN = 5;
/** A longer text is no value that a rule would ask for. */
const TEXT_LENGTH_MAX = 200;

interface Tally {
  present: number;
  readonly types: Map<string, number>;
  readonly values: Map<string | number | boolean, number>;
  overflows: boolean;
}

/** Of the places, those that most events have come first. */
export function summarizeProperties(properties: Iterable<JsonObject>): readonly PropertySummary[] {
  const tallies = new Map<string, Tally>();
  for (const each of properties) visit(['properties'], each, tallies);
  return [...tallies]
    .map(([path, { present, types, values, overflows }]) => ({
      path,
      present,
      types: Object.fromEntries(types),
      values: [...values]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, VALUES_SHOWN),
      ...(!overflows && { distinct: values.size }),
    }))
    .sort((a, b) => b.present - a.present || (a.path < b.path ? -1 : 1));
}

function visit(segments: readonly string[], object: JsonObject, tallies: Map<string, Tally>): void {
  for (const [key, value] of Object.entries(object)) {
    const here = [...segments, key];
    if (isJsonObject(value) && here.length < DEPTH_MAX) {
      visit(here, value, tallies);
      continue;
    }
    const path = pathToText(here);
    let tally = tallies.get(path);
    if (tally === undefined) {
      // A path that no rule could name is of no use here.
      if (tallies.size >= PATHS_MAX || !parsePath(path).ok) continue;
      tallies.set(path, (tally = { present: 0, types: new Map(), values: new Map(), overflows: false }));
    }
    count(tally, value);
  }
}

function count(tally: Tally, value: JsonValue): void {
  const type = typeOf(value);
  tally.types.set(type, (tally.types.get(type) ?? 0) + 1);
  if (value === null) return;
  tally.present += 1;
  if (typeof value === 'object') return;
  const known = tally.values.get(value);
  const isTooMuch = typeof value === 'string' && value.length > TEXT_LENGTH_MAX;
  if (known === undefined && (isTooMuch || tally.values.size >= DISTINCT_MAX)) tally.overflows = true;
  else tally.values.set(value, (known ?? 0) + 1);
}

/** In the words of the operator has_type. */
function typeOf(value: JsonValue): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  return typeof value === 'string' ? 'text' : typeof value;
}
