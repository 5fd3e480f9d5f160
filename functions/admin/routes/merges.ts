import { createRoute, z } from '@hono/zod-openapi';
import type { MergeAnswer } from '../../../adapters/merge-store.ts';
import { mergeSuffixOf } from '../../../adapters/merge-suffix.ts';
import { sumDecimals } from '../../../core/decimal.ts';
import { PROFILE_FIELDS } from '../../../core/user.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { toMergeAnswers } from '../merge-answer.ts';
import { operation } from '../operations.ts';
import { CHANGE, CHANGE_WITH_BODY, KEYED, errors } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { mergeBodySchema, mergesQuerySchema, mergesSchema } from '../schemas/merge.ts';
import { mergeResultSchema, undoResultSchema } from '../schemas/merge-result.ts';
import { toUserAnswers } from '../user-answer.ts';
import { monthOf } from './users.ts';

const tags = ['Users'];

const merge = createRoute({
  ...operation('mergeUsers'),
  tags,
  summary: 'Merge two users',
  description: 'Takes effect at once, whatever the size of the history, and can be undone at any time.',
  request: { query: noQuery, body: jsonBody(mergeBodySchema) },
  responses: {
    200: jsonAnswer('What came out, or would come out', mergeResultSchema),
    ...errors(...CHANGE_WITH_BODY, 404),
  },
});

const list = createRoute({
  ...operation('listMerges'),
  tags,
  summary: 'List merges',
  request: { query: mergesQuerySchema },
  responses: { 200: jsonAnswer('Merges', mergesSchema), ...errors(...KEYED) },
});

const undo = createRoute({
  ...operation('undoMerge'),
  tags,
  summary: 'Undo a merge',
  description:
    'Exactly this merge: what else was merged into the absorbed user stays with it, all else with the survivor.',
  request: {
    params: z.strictObject({ mergeId: pathId('mergeId', 'mrg_1795435200000_0a1b2c3d') }),
    query: noQuery,
  },
  responses: { 200: jsonAnswer('The two users', undoResultSchema), ...errors(...CHANGE, 404) },
});

export function mergeRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(merge, async (c) => {
    const { survivorId, absorbedId, dryRun } = c.req.valid('json');
    const { caller, change } = c.var;
    const wish = { survivorId, absorbedId, dryRun, actor: caller.id, at: change.at };
    const answer = await deps.merges.merge({ ...wish, suffix: mergeSuffixOf(change) });
    if (answer.kind !== 'merged') throw notMerged(answer);
    const [shown] = await toMergeAnswers(deps.events, [answer.record]);
    return c.json({ ...(await resultOf(deps, answer)), ...(!dryRun && shown && { merge: shown }) }, 200);
  });

  app.openapi(list, async (c) => {
    const { userId, limit, cursor } = c.req.valid('query');
    const page =
      userId === undefined
        ? await deps.merges.page(limit, cursor)
        : await deps.merges.pageOfUser(await deps.users.get(userId), limit, cursor);
    const merges = await toMergeAnswers(deps.events, page.rows);
    return c.json({ merges, ...(page.cursor !== undefined && { cursor: page.cursor }) }, 200);
  });

  app.openapi(undo, async (c) => {
    const { caller, change } = c.var;
    const by = { at: change.at, actor: caller.id, isRepeated: change.isRepeated };
    const answer = await deps.merges.undo(c.req.valid('param').mergeId, by);
    switch (answer.kind) {
      case 'unknown':
        throw new ApiError('not_found', 'There is no merge with this id: GET /api/merges lists them.');
      case 'undone_before':
        throw new ApiError('version_conflict', 'This merge has been undone already.');
      case 'busy':
        throw busy();
      case 'undone': {
        const { survivor, absorbed } = answer.users;
        const users = await toUserAnswers(deps.users, [survivor, absorbed]);
        const [shown] = await toMergeAnswers(deps.events, [answer.record]);
        if (shown === undefined) throw new Error('A merge has an answer.');
        return c.json({ merge: shown, users }, 200);
      }
    }
  });
}

type Merged = Extract<MergeAnswer, { kind: 'merged' }>;

async function resultOf(deps: AdminDependencies, { user, before }: Merged) {
  const { survivor = user, absorbed = user } = before ?? {};
  const [[shown], ofSurvivor, ofAbsorbed] = await Promise.all([
    toUserAnswers(deps.users, [user]),
    monthOf(deps, survivor),
    before === undefined ? { features: [] } : monthOf(deps, absorbed),
  ]);
  if (shown === undefined) throw new Error('A user has an answer.');
  return {
    user: shown,
    fields: PROFILE_FIELDS.map((field) => ({
      field,
      survivor: survivor.profile[field]?.value ?? null,
      absorbed: absorbed.profile[field]?.value ?? null,
      result: user.profile[field]?.value ?? null,
    })),
    usage: {
      survivor: ofSurvivor.features,
      absorbed: ofAbsorbed.features,
      result: sumOf([...ofSurvivor.features, ...ofAbsorbed.features]),
    },
  };
}

interface FeatureUsage {
  readonly featureId: string;
  readonly sum: string;
  readonly count: number;
}

function sumOf(rows: readonly FeatureUsage[]): FeatureUsage[] {
  const sums = new Map<string, FeatureUsage>();
  for (const row of rows) {
    const known = sums.get(row.featureId);
    sums.set(row.featureId, {
      ...row,
      sum: sumDecimals([known?.sum ?? '0', row.sum]),
      count: (known?.count ?? 0) + row.count,
    });
  }
  return [...sums.values()].sort((left, right) => (left.featureId < right.featureId ? -1 : 1));
}

const busy = (): ApiError =>
  new ApiError('busy', 'These users are changing all the time at this moment: send the request again.');

function notMerged(answer: Exclude<MergeAnswer, { kind: 'merged' }>): ApiError {
  switch (answer.kind) {
    case 'unknown':
      return new ApiError('not_found', `There is no user with the id in ${answer.side}.`, {
        details: [{ path: answer.side, message: 'There is no such user.' }],
      });
    case 'absorbed':
      return new ApiError(
        'version_conflict',
        `The user in ${answer.side} has been merged into another already: merge that one instead.`,
        { details: [{ path: answer.side, message: `It has been merged into ${answer.into}.` }] },
      );
    case 'same_user':
      return ApiError.at(
        'absorbedId',
        'Write another user than in survivorId: a user cannot be merged with itself.',
      );
    case 'survivor_is_imported':
      return new ApiError(
        'not_possible',
        'An imported user cannot absorb one that has a userId: choose the other as the survivor.',
      );
    case 'too_many_ids':
      return new ApiError('not_possible', 'The user would have more than 1,000 ids, which is the limit.');
    case 'busy':
      return busy();
  }
}
