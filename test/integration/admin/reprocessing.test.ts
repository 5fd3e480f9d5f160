import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAdmin, type Admin } from '../../support/admin.ts';
import { startTestDynamo, type TestDynamo } from '../../support/dynamo.ts';

let dynamo: TestDynamo;
let admin: Admin;

beforeAll(async () => {
  dynamo = await startTestDynamo();
  admin = createAdmin(dynamo.client, await dynamo.tables());
});
afterAll(() => dynamo.stop());

test('jobs are shown newest first, running until every task is done', async () => {
  const { jobs, clock } = admin;
  const first = await jobs.start(1, 'feature "messages" created', clock.now);
  await jobs.setPlannedGeneration(1);
  clock.now += 1_000;
  const second = await jobs.start(2, 'rule "x" created', clock.now, 'reprocess', 'rul_x');
  const task = await jobs.ensureTask(second, 'n#=E#0', 10, clock.now);
  await jobs.advance(second, task, { cursor: 'c', scanned: 4, mapped: 3 }, clock.now);
  const running = {
    id: second,
    kind: 'reprocess',
    cause: 'rule "x" created',
    ruleId: 'rul_x',
    status: 'running',
    scanned: 4,
    mapped: 3,
    otherEventsRead: 0,
    remaining: 6,
    startedAt: '2026-11-23T12:00:01.000Z',
  };
  expect((await admin.call('GET', '/api/reprocessing')).body).toEqual({
    jobs: [
      running,
      {
        id: first,
        kind: 'reprocess',
        cause: 'feature "messages" created',
        status: 'done',
        scanned: 0,
        mapped: 0,
        otherEventsRead: 0,
        remaining: 0,
        startedAt: '2026-11-23T12:00:00.000Z',
        finishedAt: '2026-11-23T12:00:00.000Z',
      },
    ],
  });
  expect((await admin.call('GET', `/api/reprocessing/${second}`)).body).toEqual(running);
  expect((await admin.call('GET', '/api/reprocessing?limit=1')).body).toEqual({ jobs: [running] });
});
