import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { JobStore } from '../../adapters/job-store.ts';
import { startTestDynamo, type TestDynamo } from '../support/dynamo.ts';

let dynamo: TestDynamo;
let jobs: JobStore;
let table: string;

beforeAll(async () => {
  dynamo = await startTestDynamo();
});
afterAll(async () => {
  await dynamo.stop();
});
beforeEach(async () => {
  table = (await dynamo.tables()).operations;
  jobs = new JobStore(dynamo.client, table);
});

test('a job adds up its tasks, and is done when it is planned and all of them are', async () => {
  const id = await jobs.start(3, 'rule "x" created', 1_000);
  const one = await jobs.ensureTask(id, 'n#=A#0', 10, 1_000);
  await jobs.ensureTask(id, 'n#=A#1', 5, 1_000);
  await jobs.advance(id, one, { cursor: 'k4', scanned: 4, mapped: 3 }, 2_000);
  expect(await jobs.get(id)).toEqual({
    id,
    kind: 'reprocess',
    cause: 'rule "x" created',
    generation: 3,
    status: 'running',
    scanned: 4,
    mapped: 3,
    reverted: 0,
    otherEvents: 0,
    remaining: 11,
    rate: 4,
    startedAt: 1_000,
  });
  await jobs.finishTask(id, 'n#=A#0', 3_000);
  await jobs.finishTask(id, 'n#=A#1', 4_000);
  expect(await jobs.get(id)).toMatchObject({ status: 'running' });
  await jobs.setPlannedGeneration(3);
  expect(await jobs.get(id)).toMatchObject({ status: 'done', remaining: 0, finishedAt: 4_000 });
});

test('of two workers that did the same page, one moves the cursor and the other learns that it was moved', async () => {
  const id = await jobs.start(1, 'x', 1);
  const task = await jobs.ensureTask(id, 'n#=A#0', 10, 1);
  const page = { cursor: 'k4', scanned: 4, mapped: 4 };
  expect(
    await Promise.all([jobs.advance(id, task, page, 2), jobs.advance(id, task, page, 2)]).then((won) =>
      won.sort(),
    ),
  ).toEqual([false, true]);
  const moved = await jobs.task(id, 'n#=A#0');
  expect(moved).toMatchObject({ cursor: 'k4', scanned: 4, mapped: 4 });
  if (moved === undefined) throw new Error('the task is gone');
  expect(await jobs.advance(id, moved, { cursor: 'k9', scanned: 5, mapped: 0 }, 3)).toBe(true);
  expect(await jobs.advance(id, moved, { cursor: 'k7', scanned: 3, mapped: 3 }, 4)).toBe(false);
  expect(await jobs.task(id, 'n#=A#0')).toMatchObject({ cursor: 'k9', scanned: 9, mapped: 4 });
});

test('a task ends once, and what fails afterwards is no failure of it', async () => {
  const id = await jobs.start(1, 'x', 1);
  await jobs.ensureTask(id, 'n#=A#0', 10, 1);
  await jobs.finishTask(id, 'n#=A#0', 5);
  await jobs.finishTask(id, 'n#=A#0', 9);
  await jobs.noteFailure(id, 'n#=A#0', new RangeError('too late'));
  await jobs.setPlannedGeneration(1);
  expect(await jobs.get(id)).toMatchObject({ status: 'done', finishedAt: 5 });
  expect(await jobs.get(id)).not.toHaveProperty('error');
});

test('a job or a task that has expired does not come back as a part of one', async () => {
  await jobs.finishTask('job_of_nobody', 'n#=A#0', 5);
  await jobs.noteFailure('job_of_nobody', 'n#=A#0', new RangeError('too late'));
  await jobs.markPlanned('job_of_nobody');
  const stored = await dynamo.client.send(new ScanCommand({ TableName: table }));
  expect(stored.Items).toEqual([]);
});

test('a job and a task that exist are kept, whoever starts them again', async () => {
  const id = await jobs.start(1, 'first', 1);
  expect(await jobs.start(1, 'second', 2)).toBe(id);
  const task = await jobs.ensureTask(id, 'n#=A#0', 10, 1);
  expect(task.isNew).toBe(true);
  await jobs.advance(id, task, { cursor: 'k', scanned: 1, mapped: 1 }, 5);
  expect(await jobs.ensureTask(id, 'n#=A#0', 99, 9)).toMatchObject({
    isNew: false,
    rows: 10,
    scanned: 1,
    updatedAt: 5,
  });
  expect(await jobs.get(id)).toMatchObject({ cause: 'first', startedAt: 1 });
});

test('the planned generation only grows, and jobs are listed newest first', async () => {
  await jobs.setPlannedGeneration(5);
  await jobs.setPlannedGeneration(4);
  expect(await jobs.plannedGeneration()).toBe(5);
  for (const generation of [1, 2, 10]) await jobs.start(generation, String(generation), 1);
  expect((await jobs.list(2)).map(({ cause }) => cause)).toEqual(['10', '2']);
});
