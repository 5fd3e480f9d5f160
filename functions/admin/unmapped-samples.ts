import { unlessDamaged, type Item } from '../../adapters/attributes.ts';
import { fieldLookup } from '../../core/field-lookup.ts';
import { isJsonObject, type JsonObject } from '../../core/json-value.ts';
import type { AdminDependencies } from './dependencies.ts';
import type { UnmappedLine } from './unmapped-groups.ts';

// An event to look at for each line. A group remembers one event per shard; when those have been mapped since, or are
// unmapped for another reason, a few of its rows are looked at instead.

export interface Sample {
  readonly messageId: string;
  readonly properties: JsonObject;
  readonly shortened: boolean;
}

const ROWS_TRIED = 10;
/** Characters of JSON that the properties of one sample may have in a list. */
const PROPERTIES_LENGTH_MAX = 4_000;

const propertiesOf = fieldLookup('properties');

export async function samplesOf(
  { events, unmapped }: Pick<AdminDependencies, 'events' | 'unmapped'>,
  lines: readonly UnmappedLine[],
): Promise<readonly (Sample | undefined)[]> {
  const remembered = await events.items(
    lines.flatMap(({ shards }) => shards.flatMap(({ sample }) => sample ?? [])),
  );
  return await Promise.all(
    lines.map(async (line) => {
      /** The first that is still of this line. One that is damaged must not hide the others, nor the list. */
      const firstOf = async (items: Iterable<Item | undefined>): Promise<Sample | undefined> => {
        for (const item of items) {
          if (item?.['st']?.S !== 'unmapped') continue;
          const opened = await events.open(item).catch(unlessDamaged);
          if (opened?.record.reason !== line.reason) continue;
          const properties = propertiesOf(opened.event.payload) ?? null;
          const shown = shorten(isJsonObject(properties) ? properties : {});
          return { messageId: opened.record.messageId, ...shown };
        }
        return undefined;
      };
      const [shard] = line.shards;
      const known = await firstOf(line.shards.map(({ sample }) => remembered.get(sample ?? '')));
      if (known !== undefined || shard === undefined) return known;
      const others = await events.items(await unmapped.rows(shard.unmappedIn, ROWS_TRIED));
      return await firstOf(others.values());
    }),
  );
}

/** The properties in their order, as many as fit. */
export function shorten(properties: JsonObject): {
  readonly properties: JsonObject;
  readonly shortened: boolean;
} {
  let left = PROPERTIES_LENGTH_MAX;
  const entries = Object.entries(properties);
  const kept = entries.filter(([key, value]) => {
    const length = key.length + lengthOf(value, left);
    if (length > left) return false;
    left -= length;
    return true;
  });
  return { properties: Object.fromEntries(kept), shortened: kept.length < entries.length };
}

/** Of JSON text; Infinity for what is nested too deep to be written. */
function lengthOf(value: JsonObject[string], max: number): number {
  if (typeof value === 'string') return value.length > max ? Infinity : JSON.stringify(value).length;
  try {
    return JSON.stringify(value).length;
  } catch {
    return Infinity;
  }
}
