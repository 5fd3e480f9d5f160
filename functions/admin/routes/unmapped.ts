import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod/mini';
import { S } from '../../../adapters/attributes.ts';
import { decodeCursor, encodeCursor, InvalidCursorError } from '../../../adapters/cursor.ts';
import type { GroupShard } from '../../../adapters/unmapped-item.ts';
import { parseJson } from '../../../core/json-value.ts';
import { toIso } from '../../../core/timestamp.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { unmappedGroupsSchema, unmappedQuerySchema } from '../schemas/event.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { linesAfter, positionOf, toLines, type LinePosition } from '../unmapped-groups.ts';
import { samplesOf } from '../unmapped-samples.ts';

/** Group items that one listing looks at: sorting by size has to see all of them. */
const SHARDS_MAX = 20_000;

const list = createRoute({
  ...operation('listUnmappedGroups'),
  tags: ['Events'],
  summary: 'List groups of unmapped events',
  description:
    'One line per event name and reason; events that name a feature themselves have a line per feature.',
  request: { query: unmappedQuerySchema },
  responses: { 200: jsonAnswer('Groups, largest first', unmappedGroupsSchema), ...errors(...KEYED) },
});

export function unmappedRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? undefined : readPosition(cursor);
    const shards: GroupShard[] = [];
    let complete = true;
    for await (const shard of deps.unmapped.allShards()) {
      if (shards.length === SHARDS_MAX) {
        complete = false;
        break;
      }
      shards.push(shard);
    }
    const all = toLines(shards);
    const lines = after === undefined ? all : linesAfter(all, after);
    const shown = lines.slice(0, limit);
    const samples = await samplesOf(deps, shown);
    const last = shown.at(-1);
    const next = lines.length > limit && last !== undefined ? writePosition(positionOf(last)) : undefined;
    const groups = shown.map(({ event, featureId, reason, count, users, firstSeen, lastSeen }, index) => {
      const sample = samples[index];
      return {
        event,
        ...(featureId !== undefined && { featureId }),
        reason,
        count,
        users,
        usersApproximate: true as const,
        firstSeen: toIso(firstSeen),
        lastSeen: toIso(lastSeen),
        ...(sample !== undefined && { sample }),
      };
    });
    return c.json({ groups, ...(next !== undefined && { cursor: next }), complete }, 200);
  });
}

const positionSchema = z.object({ count: z.number(), key: z.string() });

const writePosition = (position: LinePosition): string | undefined =>
  encodeCursor({ after: S(JSON.stringify(position)) });

function readPosition(cursor: string): LinePosition {
  const json = parseJson(decodeCursor(cursor)?.['after']?.S ?? '');
  const parsed = z.safeParse(positionSchema, json.ok ? json.value : undefined);
  if (!parsed.success) throw new InvalidCursorError('The cursor is not one that this list gave out.');
  return parsed.data;
}
