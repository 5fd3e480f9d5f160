import { createRoute } from '@hono/zod-openapi';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { noQuery } from '../schemas/fields.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { overviewSchema } from '../schemas/overview.ts';

/** What one overview looks at, so that it stays cheap whatever there is. */
const SHARDS_MAX = 5_000;
const QUARANTINED_MAX = 1_000;
const JOBS = 10;
const FEED_ENTRIES = 20;

const get = createRoute({
  ...operation('getOverview'),
  tags: ['About'],
  summary: 'What there is, and what needs a look',
  description: 'A few small reads, for a start page and for numbers beside its links.',
  request: { query: noQuery },
  responses: { 200: jsonAnswer('The numbers', overviewSchema), ...errors(...KEYED) },
});

export function overviewRoutes(app: AdminApp, deps: AdminDependencies): void {
  app.openapi(get, async (c) => {
    const [ruleset, rules, unmapped, { users, ...flags }, quarantined, jobs] = await Promise.all([
      deps.rulesets.current(),
      deps.config.ruleCount(),
      countUnmapped(deps),
      deps.flags.counts(),
      deps.quarantine.count(QUARANTINED_MAX),
      deps.jobs.list(JOBS),
    ]);
    return c.json(
      {
        hasEvents: unmapped.events > 0 || quarantined > 0 || (await hasEvents(deps)),
        features: ruleset.features.length,
        rules,
        unmapped,
        users,
        flags,
        quarantined: Math.min(quarantined, QUARANTINED_MAX),
        jobsRunning: jobs.filter(({ status }) => status === 'running').length,
      },
      200,
    );
  });
}

async function countUnmapped({ unmapped }: AdminDependencies): Promise<{ groups: number; events: number }> {
  const names = new Set<string>();
  let events = 0;
  let looked = 0;
  for await (const { group, count } of unmapped.allShards()) {
    if (looked === SHARDS_MAX) break;
    looked += 1;
    if (count <= 0) continue;
    names.add(group.name);
    events += count;
  }
  return { groups: names.size, events };
}

/** An event shows in the feed at once, and in its user for ever. */
async function hasEvents({ feed, userList }: AdminDependencies): Promise<boolean> {
  const entries = await feed.latest(FEED_ENTRIES);
  if (entries.some(({ accepted, duplicates }) => accepted + duplicates > 0)) return true;
  return (await userList.page(1)).rows.length > 0;
}
