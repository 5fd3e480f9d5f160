import { createRoute, z } from '@hono/zod-openapi';
import { UnmappedReader } from '../../../adapters/unmapped-reader.ts';
import type { StoredEvent } from '../../../core/decide-event.ts';
import { fieldLookup } from '../../../core/field-lookup.ts';
import { isJsonObject } from '../../../core/json-value.ts';
import { summarizeProperties } from '../../../core/property-summary.ts';
import { suggestRules } from '../../../core/suggest-rules.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { pathId } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { suggestionsSchema, suggestQuerySchema } from '../schemas/suggest.ts';

/** Rows are in the order of hashes, so that the first ones are a fair sample. */
const SAMPLE = { rowsMax: 2_000, ms: 6_000 };

const suggest = createRoute({
  ...operation('suggestRules'),
  tags: ['Events'],
  summary: 'Suggest rules for the unmapped events of one name',
  description:
    'What the events carry, and rules that would map them, each with how many: from a sample where there are many.',
  request: { params: z.strictObject({ event: pathId('event', 'Message Sent') }), query: suggestQuerySchema },
  responses: { 200: jsonAnswer('Properties and suggestions', suggestionsSchema), ...errors(...KEYED) },
});

const propertiesOf = fieldLookup('properties');

export function suggestRoutes(app: AdminApp, { events, unmapped, now }: AdminDependencies): void {
  const reader = new UnmappedReader(events, unmapped, now);

  app.openapi(suggest, async (c) => {
    const { event } = c.req.valid('param');
    const { reason } = c.req.valid('query');
    const shards = await reader.shardsOf([event]);
    const sample: StoredEvent[] = [];
    await reader.read(shards, { deadline: now() + SAMPLE.ms, rowsMax: SAMPLE.rowsMax }, (record, stored) => {
      if (reason === undefined || record.reason === reason) sample.push(stored);
    });
    const properties = summarizeProperties(
      sample.map(({ payload }) => propertiesOf(payload) ?? null).filter((value) => isJsonObject(value)),
    );
    const suggestions = suggestRules(event, sample, properties);
    const total = shards.reduce(
      (sum, { count, counts }) => sum + (reason === undefined ? count : (counts.get(reason) ?? 0)),
      0,
    );
    return c.json(
      {
        event,
        sampled: sample.length,
        total,
        properties: properties.map(({ path, present, types, values }) => ({
          path,
          present,
          types,
          values: [...values],
        })),
        suggestions: suggestions.map(({ rule, ...suggestion }) => ({
          ...suggestion,
          rule: { ...rule, conditions: [...rule.conditions] },
        })),
      },
      200,
    );
  });
}
