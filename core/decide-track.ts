import { parseDelta } from './decimal.ts';
import { fieldKeyLookup, fieldLookup } from './field-lookup.ts';
import { isJsonObject, type JsonObject, type JsonValue } from './json-value.ts';
import type { DeltaSource, MappingRule } from './mapping/rule.ts';
import { parsePath, resolvePath } from './mapping/path.ts';
import { numberSourceAt } from './number-source.ts';
import type { Ruleset } from './ruleset.ts';
import type { UnmappedGroup, UnmappedReason } from './unmapped-group.ts';

// From one track event to what it counts for. This is the only place where that is decided: live processing,
// reprocessing, redrive, preview and explain all call it.

/** One feature that one event counts for, and how much. */
export interface FeatureUse {
  readonly featureId: string;
  /** A canonical decimal string (core/decimal.ts). */
  readonly delta: string;
  /** The rule that matched; absent when the event named its feature itself. */
  readonly ruleId?: string;
  readonly ruleVersion?: number;
}

export type TrackDecision =
  | { readonly kind: 'mapped'; readonly uses: readonly FeatureUse[] }
  | { readonly kind: 'unmapped'; readonly reason: UnmappedReason; readonly group: UnmappedGroup };

const propertiesOf = fieldLookup('properties');
const featureIdOf = fieldLookup('featureId');
const propertiesKeyOf = fieldKeyLookup('properties');
const deltaKeyOf = fieldKeyLookup('delta');

/**
 * Decides one track event. `text` is the JSON text that `payload` was parsed from: a delta with more digits than a
 * double can hold is read from it, so that no digit is lost.
 */
export function decideTrack(
  name: string,
  payload: JsonObject,
  text: string,
  ruleset: Ruleset,
): TrackDecision {
  const properties = propertiesOf(payload) ?? null;
  const named = isJsonObject(properties) ? (featureIdOf(properties) ?? null) : null;
  if ((typeof named === 'string' && named !== '') || typeof named === 'number')
    return decideNamedFeature(String(named), name, payload, text, ruleset);

  const group: UnmappedGroup = { kind: 'name', name };
  const uses: FeatureUse[] = [];
  const decided = new Set<string>();
  let reason: UnmappedReason = 'no_rule';
  for (const rule of ruleset.index.matching(payload, name)) {
    // The earliest rule for a feature decides alone, also when it cannot count: a later one does not stand in for it.
    if (decided.has(rule.featureId)) continue;
    decided.add(rule.featureId);
    const use = useOf(rule, payload, text, ruleset);
    if (typeof use === 'string') reason = reason === 'invalid_delta' ? reason : use;
    else uses.push(use);
  }
  return uses.length > 0 ? { kind: 'mapped', uses } : { kind: 'unmapped', reason, group };
}

function decideNamedFeature(
  featureId: string,
  name: string,
  payload: JsonObject,
  text: string,
  ruleset: Ruleset,
): TrackDecision {
  const group: UnmappedGroup = { kind: 'feature', name, featureId };
  const feature = ruleset.featureById.get(featureId);
  if (feature === undefined) return { kind: 'unmapped', reason: 'unknown_feature', group };
  if (feature.archived) return { kind: 'unmapped', reason: 'archived_feature', group };
  const delta = readDelta(undefined, payload, text);
  if (delta === undefined) return { kind: 'unmapped', reason: 'invalid_delta', group };
  return { kind: 'mapped', uses: [{ featureId, delta }] };
}

function useOf(
  rule: MappingRule,
  payload: JsonObject,
  text: string,
  ruleset: Ruleset,
): FeatureUse | 'archived_feature' | 'invalid_delta' {
  const feature = ruleset.featureById.get(rule.featureId);
  if (feature === undefined || feature.archived) return 'archived_feature';
  const delta = readDelta(rule.delta, payload, text);
  if (delta === undefined) return 'invalid_delta';
  return { featureId: rule.featureId, delta, ruleId: rule.id, ruleVersion: rule.version };
}

/** The delta as a canonical decimal; undefined when it is there but not a number that can be counted exactly. */
function readDelta(source: DeltaSource | undefined, payload: JsonObject, text: string): string | undefined {
  if (source !== undefined && 'value' in source) return source.value;
  const found = source === undefined ? defaultDelta(payload) : valueWithKeys(payload, source.path);
  if (found === 'unreadable') return undefined;
  if (found === undefined || found.value === null) return '1';
  const parsed = parseDelta(found.value, () => numberSourceAt(text, found.keys));
  return parsed.ok ? parsed.value : undefined;
}

interface FoundValue {
  readonly value: JsonValue;
  readonly keys: readonly (string | number)[];
}

/** `properties.delta` in any of its spellings, with the keys that lead to it in the text. */
function defaultDelta(payload: JsonObject): FoundValue | undefined {
  const outer = propertiesKeyOf(payload);
  const properties = outer === undefined ? undefined : payload[outer];
  if (outer === undefined || !isJsonObject(properties)) return undefined;
  const inner = deltaKeyOf(properties);
  const value = inner === undefined ? undefined : properties[inner];
  return inner === undefined || value === undefined ? undefined : { value, keys: [outer, inner] };
}

function valueWithKeys(payload: JsonObject, path: string): FoundValue | undefined | 'unreadable' {
  const parsed = parsePath(path);
  if (!parsed.ok) return 'unreadable';
  return resolvePath(payload, parsed.path);
}
