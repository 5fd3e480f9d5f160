import { escapeKey } from '../../../core/mapping/path.ts';

// What can be written in a condition, from events that have really arrived. Pure.

export interface KnownPath {
  readonly path: string;
  /** Values that were seen there, as they would be written in the form; the first seen first. */
  readonly values: readonly string[];
}

const DEPTH_MAX = 4;
const PATHS_MAX = 200;
const VALUES_MAX = 20;
const VALUE_LENGTH_MAX = 100;

/** The paths of all fields in these properties, in the order in which they appear. */
export function knownPaths(samples: readonly Readonly<Record<string, unknown>>[]): KnownPath[] {
  const found = new Map<string, Set<string>>();
  const visit = (value: unknown, path: string, depth: number): void => {
    if (found.size >= PATHS_MAX) return;
    if (Array.isArray(value)) {
      const entries: readonly unknown[] = value;
      for (const entry of entries.slice(0, VALUES_MAX)) visit(entry, `${path}[]`, depth);
      return;
    }
    if (typeof value === 'object' && value !== null) {
      if (depth === DEPTH_MAX) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key !== '') visit(inner, `${path}.${escapeKey(key)}`, depth + 1);
      }
      return;
    }
    const values = found.get(path) ?? new Set<string>();
    found.set(path, values);
    if (values.size === VALUES_MAX) return;
    const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
    if (text !== '' && text.length <= VALUE_LENGTH_MAX) values.add(text);
  };
  for (const properties of samples) visit(properties, 'properties', 0);
  return [...found].map(([path, values]) => ({ path, values: [...values] }));
}
