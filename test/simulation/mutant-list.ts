// Defects to be planted, one at a time. Each stands for a mistake that somebody could make in earnest: a guard forgotten,
// two steps in the wrong order, a failure taken for success. `find` must occur exactly once in its file, so that a mutant
// cannot go stale unnoticed. One more, a sweep that goes on behind rows that failed for a moment, is too rare for chance: it has
// a test of its own in test/integration/pipeline.

export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  /** Where it begins, for what may occur more than once. */
  readonly at?: number;
}

/** The source with the defect. Throws when what is to be replaced is not there, or not once. */
export function plant(source: string, { file, find, replace, at }: Edit): string {
  const from = at ?? source.indexOf(find);
  const isThere = from >= 0 && source.startsWith(find, from);
  if (!isThere || (at === undefined && source.includes(find, from + 1)))
    throw new Error(`"${find}" does not occur exactly once in ${file}: bring the mutant up to date.`);
  return source.slice(0, from) + replace + source.slice(from + find.length);
}

export interface Mutant {
  readonly name: string;
  readonly edits: readonly [Edit, ...Edit[]];
  /** The race of interleavings.ts that finds it: a gap so narrow that chance does not. */
  readonly race?: string;
  /** The places of the crash matrix at which a fault finds it: a moment so short that chance does not. */
  readonly place?: string;
  /** The tests that find it: what is no matter of the order of things. */
  readonly test?: string;
}

const mutant = (name: string, file: string, find: string, replace: string): Mutant => ({
  name,
  edits: [{ file, find, replace }],
});

const inRace = (race: string, found: Mutant): Mutant => ({ ...found, race });

const inTest = (test: string, found: Mutant): Mutant => ({ ...found, test });

const atPlace = (place: string, found: Mutant): Mutant => ({ ...found, place });

export const MUTANTS: readonly Mutant[] = [
  mutant(
    'an event is stored although its messageId is known',
    'adapters/event-store.ts',
    "ConditionExpression: 'attribute_not_exists(pk)',\n          ReturnValues",
    "ConditionExpression: 'attribute_not_exists(pk) OR attribute_exists(pk)',\n          ReturnValues",
  ),
  mutant(
    'an event gets its outcome whatever its state',
    'adapters/commit-plan.ts',
    '`st = :from${sameReason}${sameOutcome}${arrives} AND',
    '`(attribute_exists(pk) OR st = :from${sameReason}${sameOutcome})${arrives} AND',
  ),
  mutant(
    'an unmapped event changes its reason whatever the reason was',
    'adapters/commit-plan.ts',
    "' AND r = :was'",
    "' AND (r = :was OR attribute_exists(pk))'",
  ),
  inRace(
    'a new event and a rule that names it',
    mutant(
      'the fence stops nobody',
      'adapters/unmapped-item.ts',
      "ConditionExpression: 'attribute_not_exists(fence) OR fence <= :g',",
      "ConditionExpression: 'attribute_not_exists(fence) OR attribute_exists(fence) OR fence <= :g',",
    ),
  ),
  inRace(
    'a new event, one that waits, and a rule that names both',
    mutant(
      'the fence is not raised before a sweep',
      'functions/reprocess/plan-sweeps.ts',
      'await deps.unmapped.raiseFence(group, unmappedIn, generation);',
      'if (group.kind === undefined) await deps.unmapped.raiseFence(group, unmappedIn, generation);',
    ),
  ),
  inRace(
    'a new event and a rule that names it',
    mutant(
      'the fence is raised after the look at the rows',
      'functions/reprocess/plan-sweeps.ts',
      `await deps.unmapped.raiseFence(group, unmappedIn, generation);
  const shard = await deps.unmapped.shard(unmappedIn);
  if (shard === undefined || shard.fence > generation) return undefined; // a newer plan has taken over
  const [row] = await deps.unmapped.rows(unmappedIn, 1);`,
      `const [row] = await deps.unmapped.rows(unmappedIn, 1);
  await deps.unmapped.raiseFence(group, unmappedIn, generation);
  const shard = await deps.unmapped.shard(unmappedIn);
  if (shard === undefined || shard.fence > generation) return undefined;`,
    ),
  ),
  mutant(
    'the timer looks only at generations that were not planned',
    'functions/reprocess/plan-sweeps.ts',
    'if (shard.swept < newestGenerationFor(shard.group, ruleset))',
    'if (planned < generation && shard.swept < newestGenerationFor(shard.group, ruleset))',
  ),
  mutant(
    'no group is compared with the rules',
    'functions/reprocess/plan-sweeps.ts',
    'if (shard.swept < newestGenerationFor(shard.group, ruleset))',
    'if (shard.swept < 0)',
  ),
  mutant(
    'a stalled sweep is never sent again',
    'functions/reprocess/plan-sweeps.ts',
    'const isLost = !isPlanned || now - task.updatedAt > STALLED_MS;',
    'const isLost = now < 0;',
  ),
  mutant(
    'a shard is marked as swept before its rows are tried',
    'functions/reprocess/sweep-shard.ts',
    'const keys = await deps.unmapped.rows(',
    `await deps.unmapped.markSwept(unmappedIn, generation);
    const keys = await deps.unmapped.rows(`,
  ),
  mutant(
    'a sweep ends after its first page',
    'functions/reprocess/sweep-shard.ts',
    'if (last === undefined) {',
    'if (last === undefined || task.cursor !== undefined) {',
  ),
  mutant(
    'the cursor of a sweep moves from wherever it is',
    'adapters/job-store.ts',
    "ConditionExpression: task.cursor === undefined ? 'attribute_not_exists(cu)' : 'cu = :cursor',",
    "ConditionExpression: task.cursor === undefined ? 'attribute_exists(pk)' : 'cu = :cursor OR attribute_exists(pk)',",
  ),
  mutant(
    'the rows of a shard are read without consistency',
    'adapters/unmapped-store.ts',
    `        ConsistentRead: true,
        Limit: limit,`,
    `        Limit: limit,`,
  ),
  mutant(
    'the users of an e-mail address are changed whatever they were',
    'adapters/identity-plan.ts',
    "ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'm = :m',",
    "ConditionExpression: before === undefined ? 'attribute_not_exists(pk) OR attribute_exists(pk)' : 'm = :m OR attribute_exists(pk)',",
  ),
  mutant(
    'a billing id is claimed whoever has it',
    'adapters/identity-plan.ts',
    "ConditionExpression: before === undefined ? 'attribute_not_exists(pk)' : 'k = :k',",
    "ConditionExpression: before === undefined ? 'attribute_not_exists(pk) OR attribute_exists(pk)' : 'k = :k OR attribute_exists(pk)',",
  ),
  mutant(
    'of two identifies the one that came last wins',
    'core/identity/user-node.ts',
    'profile: mergeProfiles(node.profile, said) }',
    'profile: { ...node.profile, ...said } }',
  ),
  mutant(
    'of two identifies at the same time the one that came last wins',
    'core/user.ts',
    'return left.source >= right.source ? left : right;',
    'return right;',
  ),
  mutant(
    'a failed batch is answered as a success',
    'functions/partial-batch.ts',
    'const failed = await handle(event.Records);',
    'const failed = await handle(event.Records).catch(() => new Set<string>());',
  ),
  mutant(
    'the wrapper answers undefined when something failed',
    'functions/partial-batch.ts',
    'const failed = await handle(event.Records);',
    `const failed = await handle(event.Records);
    if (failed.size > 0) return undefined;`,
  ),
  mutant(
    'messages of events that failed are not kept',
    'functions/process/handler.ts',
    'if (keys.some((key) => failures.has(key))) failed.add(id);',
    '',
  ),
  mutant(
    'events that somebody else was faster with are taken for done',
    'adapters/commit.ts',
    'return { done: events.map(({ record }) => record.key), stale: [...stale], failed: [] };',
    'return { done: events.map(({ record }) => record.key), stale: [], failed: [] };',
  ),
  mutant(
    'a lost reply is taken for a commit',
    'adapters/commit.ts',
    'if (isPermanent(error)) {',
    `if (reasons.length === 0) return { done: events.map(({ record }) => record.key), stale: [...stale], failed: [] };
      if (isPermanent(error)) {`,
  ),
  mutant(
    'outcomes and usage are two transactions',
    'adapters/commit.ts',
    `          TransactItems: planned.map(({ item }) => item),`,
    `          TransactItems: planned.slice(0, events.length).map(({ item }) => item),
        }),
      );
      if (planned.length > events.length) await dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: planned.slice(events.length).map(({ item }) => item),`,
  ),
  mutant(
    'usage is added before the outcomes',
    'adapters/commit.ts',
    `          TransactItems: planned.map(({ item }) => item),`,
    `          TransactItems: planned.slice(events.length).length > 0 ? planned.slice(events.length).map(({ item }) => item) : planned.map(({ item }) => item),
        }),
      );
      await dynamo.send(
        new TransactWriteItemsCommand({
          TransactItems: planned.slice(0, events.length).map(({ item }) => item),`,
  ),
  mutant(
    'every failure is taken for a permanent one',
    'adapters/failure-kind.ts',
    'if (REFUSED.has(error.name)) return true;',
    'if (REFUSED.has(error.name) || reasons.length === 0) return true;',
  ),
  mutant(
    'the unread part of a batch is forgotten',
    'adapters/batch-get.ts',
    'const rest = answer.UnprocessedKeys?.[table]?.Keys ?? [];',
    'const rest: Item[] = [];',
  ),
  mutant(
    'events are read without consistency',
    'adapters/batch-get.ts',
    'ConsistentRead: true } },',
    'ConsistentRead: false } },',
  ),
  mutant(
    'an unmapped event leaves its row behind',
    'adapters/commit-plan.ts',
    'items.push({ item: unmappedRowRemoval(table, unmappedIn, record.key), owners: [] });',
    '',
  ),
  mutant(
    'a group goes on counting those that left',
    'adapters/commit-plan.ts',
    "count(event, unmappedIn, { kind: 'name', name }, [left], false);",
    '',
  ),
  mutant(
    'an event is acknowledged although it could not be stored',
    'functions/ingest/accept-events.ts',
    'const puts = await deps.events.putAll(events, (error) => failures.push(nameOf(error)));',
    `const puts = (await deps.events.putAll(events, nameOf)).map((put) => put ?? { kind: 'stored' as const });`,
  ),
  mutant(
    'an event is acknowledged before it is stored',
    'functions/ingest/accept-events.ts',
    'const puts = await deps.events.putAll(events, (error) => failures.push(nameOf(error)));',
    `void deps.events.putAll(events, nameOf);
  const puts = events.map(() => ({ kind: 'stored' as const }));`,
  ),
  mutant(
    'an insert whose reply was lost is taken for done',
    'adapters/insert-items.ts',
    "return items.map(() => 'failed');",
    "return items.map(() => 'inserted');",
  ),
  mutant(
    'an insert that was throttled is taken for done',
    'adapters/insert-items.ts',
    "if (response.Error === undefined) return 'inserted';",
    "if (response.Error?.Code !== 'DuplicateItem') return 'inserted';",
  ),
  mutant(
    'a duplicate without outcome is not queued again',
    'functions/ingest/accept-events.ts',
    "if (put.kind === 'stored' || put.state === 'received') toQueue.push(event.key);",
    "if (put.kind === 'stored') toQueue.push(event.key);",
  ),
  mutant(
    'no marker is written when SQS fails',
    'functions/ingest/accept-events.ts',
    'if (unsent.length > 0) {',
    'if (unsent.length > 4_000) {',
  ),
  mutant(
    'an event is acknowledged although its marker could not be written',
    'functions/ingest/accept-events.ts',
    'failures.push(`retry marker: ${nameOf(error)}`);',
    'void nameOf(error);',
  ),
  atPlace(
    'reprocess adapters/retry-markers.ts',
    mutant(
      'a marker is removed before its events are queued',
      'functions/reprocess/handler.ts',
      `const unsent = await deps.queue.send(eventKeys);
      if (unsent.length > 0) return; // SQS still refuses: the next tick tries again
      await deps.retryMarkers.remove(id);`,
      `await deps.retryMarkers.remove(id);
      const unsent = await deps.queue.send(eventKeys);
      if (unsent.length > 0) return;`,
    ),
  ),
  atPlace(
    'ingest adapters/event-queue.ts',
    mutant(
      'messages that SQS did not take from a batch are forgotten',
      'adapters/event-queue.ts',
      'return (answer.Failed ?? []).flatMap((failure) => messages[Number(failure.Id)] ?? []);',
      'return (answer.Failed ?? []).flatMap(() => []);',
    ),
  ),
  mutant(
    'of two rule changes at the same time one is overwritten',
    'adapters/ruleset-store.ts',
    "ConditionExpression: previous === 0 ? 'attribute_not_exists(pk)' : 'g = :g',",
    "ConditionExpression: previous === 0 ? 'attribute_not_exists(pk)' : 'g = :g OR attribute_exists(pk)',",
  ),
  mutant(
    'the ruleset head is read without consistency',
    'adapters/ruleset-store.ts',
    `        Key: { pk: S(RULESET_PK), sk: S(HEAD_SK) },
        ConsistentRead: true,`,
    `        Key: { pk: S(RULESET_PK), sk: S(HEAD_SK) },`,
  ),
  mutant(
    'a container never reads the ruleset again',
    'adapters/ruleset-store.ts',
    'if (generation === this.cached.generation) return this.cached;',
    'if (generation === this.cached.generation || this.cached.generation > 0) return this.cached;',
  ),
  mutant(
    'a rule that is enabled again does not reach back',
    'adapters/ruleset-change.ts',
    'if (!before.enabled) return true;',
    'if (!before.enabled) return false;',
  ),
  mutant(
    'a rule that is edited does not reach back',
    'adapters/ruleset-change.ts',
    'return !isDeepStrictEqual({ ...before, name: undefined }, { ...after, name: undefined });',
    'return false;',
  ),
  mutant(
    'a feature that leaves the archive does not reach back',
    'adapters/ruleset-change.ts',
    '(before.archived && !after.archived)',
    'false',
  ),
  mutant(
    'a feature reaches back only to the events that name it',
    'core/ruleset.ts',
    'Math.max(newest, rule.generation, feature.generation)',
    'Math.max(newest, rule.generation)',
  ),
  inRace(
    'a late commit and the revert',
    mutant(
      'an event without an outcome gets no fence when a rule is reverted',
      'adapters/revise-events.ts',
      'if (!(await raiseEventFence(deps, item, change.generation))) stale.push(key);',
      '',
    ),
  ),
  {
    name: 'an event that was sent back arrives again',
    edits: [
      {
        file: 'adapters/arrival-plan.ts',
        find: "record.state === 'received' && record.redriven === undefined",
        replace: "record.state === 'received'",
      },
      {
        file: 'adapters/arrival-plan.ts',
        find: "'attribute_not_exists(rd)'",
        replace: "'attribute_exists(pk)'",
      },
    ],
  },
  mutant(
    'an event arrives again with the rule that counts it',
    'adapters/arrival-plan.ts',
    "record.state === 'received' && record.redriven === undefined",
    "(record.state === 'received' || record.state === 'unmapped') && record.redriven === undefined",
  ),
  inRace(
    'a late commit and a redrive',
    mutant(
      'an event arrives although it was sent back meanwhile',
      'adapters/arrival-plan.ts',
      "'attribute_not_exists(rd)'",
      "'attribute_exists(pk)'",
    ),
  ),
  inRace(
    'a late commit and the revert',
    mutant(
      'the fence of an event stops nobody',
      'adapters/commit-plan.ts',
      'AND (attribute_not_exists(fence) OR fence <= :g)`',
      'AND (attribute_not_exists(fence) OR attribute_exists(fence) OR fence <= :g)`',
    ),
  ),
  inRace(
    'a late sweep and the revert',
    mutant(
      'a revert begins without raising the fences of the groups',
      'functions/reprocess/plan-revisions.ts',
      'await raiseFences(deps, ruleId, generation);',
      'if (ruleId === generation.toString()) await raiseFences(deps, ruleId, generation);',
    ),
  ),
  mutant(
    'a change of the past does not wait for the one before it',
    'functions/reprocess/plan-revisions.ts',
    'if (open.length > 0) {',
    'if (open.length > tasks.length) {',
  ),
  mutant(
    'a scan that stalls is never sent again',
    'functions/reprocess/plan-revisions.ts',
    'open.filter((task) => deps.now() - task.updatedAt > STALLED_MS)',
    'open.filter((task) => task.updatedAt < 0)',
  ),
  inRace(
    'two scans of one recount',
    mutant(
      'what was counted is taken back whatever has become of it',
      'adapters/commit-plan.ts',
      "' AND o = :counted'",
      "' AND (o = :counted OR attribute_exists(o))'",
    ),
  ),
  mutant(
    'a revert takes back what other rules have counted',
    'core/revise-mapped.ts',
    'const kept = uses.filter((use) => !isTakenBack(use, change));',
    'const kept = uses.some((use) => isTakenBack(use, change)) ? [] : uses;',
  ),
  mutant(
    'a revert takes back what later versions have counted',
    'core/revise-mapped.ts',
    'ruleId === change.ruleId && ruleVersion < change.belowVersion',
    'ruleId === change.ruleId && ruleVersion >= 0',
  ),
  mutant(
    'a revert leaves the usage where it is',
    'adapters/commit-plan.ts',
    'const left = counted.filter((use) => !isIn(uses, use));',
    'const left = counted.filter((use) => isIn(uses, use));',
  ),
  mutant(
    'a scan goes on behind events that failed',
    'functions/reprocess/revise-segment.ts',
    'throw failure.error;',
    '',
  ),
  mutant(
    'a segment ends after its first page',
    'functions/reprocess/revise-segment.ts',
    'cursor: page.cursor ?? END',
    'cursor: END',
  ),
  mutant(
    'a repetition makes another rule',
    'adapters/config-commit.ts',
    'if (note !== undefined) return',
    'if (note !== undefined && attempt > 0) return',
  ),
  mutant(
    'each attempt under one key is a change of its own',
    'adapters/idempotency-store.ts',
    "const id = readS(item, 'ch');",
    'const id = attempt;',
  ),
  mutant(
    'a key that was released is taken over however many come',
    'adapters/idempotency-store.ts',
    "if (item['rl'] !== undefined) return 'released';",
    "if (item['rl'] !== undefined) return ours(item, attempt);",
  ),
  mutant(
    'a repetition makes another API key',
    'adapters/api-keys.ts',
    'toApiKey(keyIdOf(asked), secret, key, now)',
    'toApiKey(`key_${hash.slice(0, 16)}`, secret, key, now)',
  ),
  inTest(
    'test/integration/admin/repeated-changes.test.ts',
    mutant(
      'a repetition merges what was set apart',
      'adapters/merge-store.ts',
      'absorbed.undoneMerges.includes(id)',
      'absorbed.undoneMerges.includes(wish.suffix)',
    ),
  ),
  mutant(
    'the usage of a user is that of one of its ids',
    'functions/admin/routes/usage.ts',
    'usage.ofKeys(await users.keysOf(userId), days, take)',
    'usage.ofKeys((await users.keysOf(userId)).slice(0, 1), days, take)',
  ),
];
