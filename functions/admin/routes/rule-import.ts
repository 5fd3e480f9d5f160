import { createRoute } from '@hono/zod-openapi';
import { importFql } from '../../../core/mapping/fql.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { importedRulesSchema, ruleImportSchema } from '../schemas/rule-import.ts';

const read = createRoute({
  ...operation('readSegmentFilter'),
  tags: ['Rules'],
  summary: 'Read a Segment filter as rules',
  description:
    'Saves nothing: the answer holds the event matcher and the conditions that say the same as the filter, to be sent to POST /api/rules with a featureId. A filter with "or" between fields becomes several rules, which may count for one feature.',
  request: { query: noQuery, body: jsonBody(ruleImportSchema) },
  responses: {
    200: jsonAnswer('The rules', importedRulesSchema),
    ...errors(400, 401, 403, 413, 415, 422, 503),
  },
});

export function ruleImportRoutes(app: AdminApp): void {
  app.openapi(read, (c) => {
    const { filter, language } = c.req.valid('json');
    const imported = importFql(filter, language);
    const rules = imported.ok ? [imported.rule] : imported.alternatives;
    if (rules !== undefined) {
      const answer = rules.map(({ event, conditions }) => ({ event, conditions: [...conditions] }));
      return c.json({ rules: answer }, 200);
    }
    const details = imported.ok
      ? []
      : imported.problems.map(({ at, text, message }) => ({
          path: 'filter',
          message: `At character ${String(at + 1)}${text === '' ? '' : ` (${text.slice(0, 100)})`}: ${message}`,
        }));
    throw new ApiError('not_possible', 'A rule cannot say what this filter says: see details.', { details });
  });
}
