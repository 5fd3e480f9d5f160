import { createRoute, z } from '@hono/zod-openapi';
import type { Feature } from '../../../adapters/config-item.ts';
import { FEATURES_MAX } from '../../../adapters/config-store.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { notSaved } from '../not-saved.ts';
import { operation } from '../operations.ts';
import { CHANGE, CHANGE_WITH_BODY, KEYED, errors } from '../schemas/error.ts';
import { featureChangeSchema, featureSchema, featuresSchema, newFeatureSchema } from '../schemas/feature.ts';
import { noQuery, pathId, queryCursor, queryLimit } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';

const tags = ['Features'];
const params = z.strictObject({ featureId: pathId('featureId', 'messages') });

const list = createRoute({
  ...operation('listFeatures'),
  tags,
  summary: 'List features',
  request: { query: z.strictObject({ cursor: queryCursor, limit: queryLimit(100, FEATURES_MAX) }) },
  responses: { 200: jsonAnswer('Features by id; a page may be short', featuresSchema), ...errors(...KEYED) },
});

const create = createRoute({
  ...operation('createFeature'),
  tags,
  summary: 'Create a feature',
  description: 'Stored events that already name this feature are counted for it at once.',
  request: { query: noQuery, body: jsonBody(newFeatureSchema) },
  responses: { 201: jsonAnswer('The feature', featureSchema), ...errors(...CHANGE_WITH_BODY) },
});

const get = createRoute({
  ...operation('getFeature'),
  tags,
  summary: 'Get a feature',
  request: { params, query: noQuery },
  responses: { 200: jsonAnswer('The feature', featureSchema), ...errors(...KEYED, 404) },
});

const change = createRoute({
  ...operation('changeFeature'),
  tags,
  summary: 'Change a feature',
  description: 'Events for an archived feature stay unmapped until it is taken out of the archive.',
  request: { params, query: noQuery, body: jsonBody(featureChangeSchema) },
  responses: { 200: jsonAnswer('The feature', featureSchema), ...errors(...CHANGE_WITH_BODY, 404) },
});

const remove = createRoute({
  ...operation('deleteFeature'),
  tags,
  summary: 'Delete a feature',
  description: 'Only a feature that no rule uses. What was counted for it stays readable in /api/usage.',
  request: { params, query: noQuery },
  responses: { 204: { description: 'It is deleted' }, ...errors(...CHANGE, 404) },
});

export function featureRoutes(app: AdminApp, { config }: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await config.listFeatures(limit, cursor);
    return c.json(
      { features: page.rows.map(toAnswer), ...(page.cursor !== undefined && { cursor: page.cursor }) },
      200,
    );
  });

  app.openapi(create, async (c) => {
    const { id, name = id, ...body } = c.req.valid('json');
    const result = await config.createFeature(id, { name, ...body }, c.var.change);
    switch (result.kind) {
      case 'saved':
        return c.json(toAnswer(result.feature), 201);
      case 'exists':
        throw new ApiError(
          'already_exists',
          `There is a feature with the id "${id}" already: change it, or choose another id.`,
          {
            details: [{ path: 'id', message: 'This id is taken.' }],
          },
        );
      case 'too_many':
        throw new ApiError(
          'not_possible',
          `There are ${String(FEATURES_MAX)} features, which is the limit: delete one first.`,
        );
      default:
        throw notSaved(result);
    }
  });

  app.openapi(get, async (c) => {
    const { featureId } = c.req.valid('param');
    const feature = await config.getFeature(featureId);
    if (feature === undefined) throw unknownFeature();
    return c.json(toAnswer(feature), 200);
  });

  app.openapi(change, async (c) => {
    const { featureId } = c.req.valid('param');
    const { name, type, unitLabel, unitLabelPlural, archived } = c.req.valid('json');
    const fields = {
      ...(name !== undefined && { name }),
      ...(type !== undefined && { type }),
      ...(unitLabel !== undefined && { unitLabel: unitLabel ?? undefined }),
      ...(unitLabelPlural !== undefined && { unitLabelPlural: unitLabelPlural ?? undefined }),
      ...(archived !== undefined && { archived }),
    };
    const result = await config.changeFeature(featureId, fields, c.var.change);
    if (result.kind === 'saved') return c.json(toAnswer(result.feature), 200);
    throw result.kind === 'not_found' ? unknownFeature() : notSaved(result);
  });

  app.openapi(remove, async (c) => {
    const { featureId } = c.req.valid('param');
    const result = await config.deleteFeature(featureId, c.var.change);
    switch (result.kind) {
      case 'deleted':
        return c.body(null, 204);
      case 'not_found':
        throw unknownFeature();
      case 'in_use': {
        const rules = result.ruleIds.slice(0, 5).join(', ');
        throw new ApiError(
          'in_use',
          `Rules use this feature (${rules}): delete them first, or archive the feature.`,
        );
      }
      default:
        throw notSaved(result);
    }
  });
}

const unknownFeature = (): ApiError =>
  new ApiError('not_found', 'There is no feature with this id: GET /api/features lists all of them.');

const toAnswer = ({
  id,
  name,
  type,
  unitLabel,
  unitLabelPlural,
  archived,
  createdAt,
  updatedAt,
}: Feature) => ({
  id,
  name,
  type,
  unitLabel,
  unitLabelPlural,
  archived,
  createdAt: toIso(createdAt),
  updatedAt: toIso(updatedAt),
});
