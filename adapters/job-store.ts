import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import {
  N,
  readN,
  readOneOf,
  readOptionalN,
  readOptionalS,
  readS,
  S,
  T,
  readText,
  type Item,
} from './attributes.ts';

// Reprocess jobs. Each generation of the ruleset has one with a task per shard of a group that has to be swept; a change of
// the past has another one, with a task per segment of the scan that finds its events. A task's cursor moves only from where
// its worker found it, so a message that is delivered twice neither repeats nor skips a page.

export const JOB_KINDS = ['reprocess', 'revert', 'recount'] as const;
export type JobKind = (typeof JOB_KINDS)[number];

export interface Job {
  readonly id: string;
  readonly kind: JobKind;
  /** What changed, as a sentence. */
  readonly cause: string;
  /** The rule that changed; absent when it was a feature. */
  readonly ruleId?: string;
  readonly generation: number;
  readonly status: 'running' | 'done' | 'failed';
  /** Unmapped events tried; of a change of the past, stored items looked at. */
  readonly scanned: number;
  readonly mapped: number;
  /** Events whose usage was taken back. */
  readonly reverted: number;
  /** Events that were read although their name is not one that the job is about. */
  readonly otherEvents: number;
  /** What is left to scan: as counted when the job began, or estimated from finished segments; absent before one is. */
  readonly remaining?: number;
  /** Scanned per second. */
  readonly rate?: number;
  /** Why the last attempt at an open task failed; it is tried again. */
  readonly error?: string;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

export interface JobTask {
  /** The shard of the group, or the segment of the scan. */
  readonly name: string;
  readonly cursor?: string;
  readonly scanned: number;
  readonly mapped: number;
  readonly reverted: number;
  readonly otherEvents: number;
  readonly rows: number;
  readonly done: boolean;
  readonly error?: string;
  readonly updatedAt: number;
}

export interface TaskProgress {
  readonly cursor: string;
  readonly scanned: number;
  readonly mapped: number;
  readonly reverted?: number;
  readonly otherEvents?: number;
}

const LIST_PK = 'jobs';
const KEPT_SECONDS = 30 * 24 * 3600;
/** Where the planner remembers the newest generation whose sweeps are all under way. */
const PLANNED = { pk: S('sweeps'), sk: S('planned') };
/** And where it remembers up to which generation every change of the past is done. */
const REVISED = { pk: S('sweeps'), sk: S('revised') };

/** Sorts like the generations. */
export const jobIdOf = (generation: number, kind: JobKind = 'reprocess'): string =>
  `job_${String(generation).padStart(10, '0')}${kind === 'reprocess' ? '' : `-${kind}`}`;
const taskPk = (jobId: string): string => `job#${jobId}`;
const ttlOf = (now: number) => N(Math.floor(now / 1000) + KEPT_SECONDS);

export class JobStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  plannedGeneration(): Promise<number> {
    return this.mark(PLANNED);
  }

  setPlannedGeneration(generation: number): Promise<void> {
    return this.moveMark(PLANNED, generation);
  }

  /** Every change of the past up to this generation is done. */
  revisedGeneration(): Promise<number> {
    return this.mark(REVISED);
  }

  setRevisedGeneration(generation: number): Promise<void> {
    return this.moveMark(REVISED, generation);
  }

  private async mark(key: typeof PLANNED): Promise<number> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: key, ConsistentRead: true }),
    );
    return item === undefined ? 0 : readN(item, 'g');
  }

  /** Only ever forward. */
  private async moveMark(key: typeof PLANNED, generation: number): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: key,
        UpdateExpression: 'SET g = :g',
        ConditionExpression: 'attribute_not_exists(g) OR g < :g',
        ExpressionAttributeValues: { ':g': N(generation) },
      }),
    );
  }

  /** Makes the job of a generation unless it exists. */
  async start(
    generation: number,
    cause: string,
    now: number,
    kind: JobKind = 'reprocess',
    ruleId?: string,
  ): Promise<string> {
    const id = jobIdOf(generation, kind);
    await this.unlessConditionFails(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(LIST_PK),
          sk: S(id),
          k: S(kind),
          g: N(generation),
          c: T(cause),
          ...(ruleId !== undefined && { r: S(ruleId) }),
          sa: N(now),
          ttl: ttlOf(now),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return id;
  }

  /** Makes a task unless it exists; returns the task as it is now. */
  async ensureTask(
    jobId: string,
    name: string,
    rows: number,
    now: number,
  ): Promise<JobTask & { isNew: boolean }> {
    const isNew = await this.unlessConditionFails(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(taskPk(jobId)),
          sk: S(name),
          sc: N(0),
          mp: N(0),
          rw: N(rows),
          up: N(now),
          ttl: ttlOf(now),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    const task = isNew ? undefined : await this.task(jobId, name);
    return { ...(task ?? { ...NOTHING_DONE, name, rows, done: false, updatedAt: now }), isNew };
  }

  async task(jobId: string, name: string): Promise<JobTask | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(name) },
        ConsistentRead: true,
      }),
    );
    return item === undefined ? undefined : fromTaskItem(item);
  }

  /** Moves a task's cursor; false when another worker has moved it, who then goes on alone. */
  async advance(jobId: string, task: JobTask, page: TaskProgress, now: number): Promise<boolean> {
    return await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(task.name) },
        UpdateExpression:
          'SET cu = :next, up = :now REMOVE er ADD sc :scanned, mp :mapped, rv :reverted, oe :other',
        ConditionExpression: task.cursor === undefined ? 'attribute_not_exists(cu)' : 'cu = :cursor',
        ExpressionAttributeValues: {
          ':next': S(page.cursor),
          ':now': N(now),
          ':scanned': N(page.scanned),
          ':mapped': N(page.mapped),
          ':reverted': N(page.reverted ?? 0),
          ':other': N(page.otherEvents ?? 0),
          ...(task.cursor !== undefined && { ':cursor': S(task.cursor) }),
        },
      }),
    );
  }

  /** The task is over: every row was tried, or a sweep of newer rules tries them. */
  async finishTask(jobId: string, name: string, now: number): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(name) },
        UpdateExpression: 'SET dn = :now, up = :now REMOVE er',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(dn)',
        ExpressionAttributeValues: { ':now': N(now) },
      }),
    );
  }

  /** An attempt at the task failed; the next one that gets on clears it. Says nothing of what an event holds. */
  async noteFailure(jobId: string, name: string, error: Error): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(name) },
        UpdateExpression: 'SET er = :error',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(dn)',
        ExpressionAttributeValues: { ':error': S(error.name) },
      }),
    );
  }

  /** The messages of all tasks of this job have been sent once. */
  async markPlanned(jobId: string): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(LIST_PK), sk: S(jobId) },
        UpdateExpression: 'SET pl = :yes',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeValues: { ':yes': N(1) },
      }),
    );
  }

  async isPlanned(jobId: string): Promise<boolean> {
    const item = await this.item(jobId);
    return item?.['pl'] !== undefined;
  }

  /** The newest jobs first. */
  async list(limit: number): Promise<readonly Job[]> {
    const answer = await this.dynamo.send(
      new QueryCommand({
        TableName: this.table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': S(LIST_PK) },
        ScanIndexForward: false,
        ConsistentRead: true,
        Limit: limit,
      }),
    );
    return await Promise.all((answer.Items ?? []).map((item) => this.withTasks(item)));
  }

  async get(id: string): Promise<Job | undefined> {
    const item = await this.item(id);
    return item === undefined ? undefined : await this.withTasks(item);
  }

  private async item(id: string): Promise<Item | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(LIST_PK), sk: S(id) },
        ConsistentRead: true,
      }),
    );
    return item;
  }

  private async withTasks(item: Item): Promise<Job> {
    const id = readS(item, 'sk');
    const kind = item['k'] === undefined ? 'reprocess' : readOneOf(item, 'k', JOB_KINDS);
    const generation = readN(item, 'g');
    const tasks = await this.tasks(id);
    const open = tasks.filter((task) => !task.done);
    // The tasks of a sweep are complete when they are planned; a change of the past is done when its successor may begin.
    const done =
      kind === 'reprocess'
        ? open.length === 0 && (await this.plannedGeneration()) >= generation
        : (await this.revisedGeneration()) >= generation;
    const ruleId = readOptionalS(item, 'r');
    const startedAt = readN(item, 'sa');
    const changedAt = Math.max(startedAt, ...tasks.map((task) => task.updatedAt));
    const scanned = sum(tasks, (task) => task.scanned);
    const remaining = done ? 0 : kind === 'reprocess' ? rowsLeft(open) : estimateLeft(tasks);
    const error = open.find((task) => task.error !== undefined)?.error;
    return {
      id,
      kind,
      cause: readText(item, 'c'),
      ...(ruleId !== undefined && { ruleId }),
      generation,
      status: done ? 'done' : error === undefined ? 'running' : 'failed',
      scanned,
      mapped: sum(tasks, (task) => task.mapped),
      reverted: sum(tasks, (task) => task.reverted),
      otherEvents: sum(tasks, (task) => task.otherEvents),
      ...(remaining !== undefined && { remaining }),
      ...(changedAt > startedAt && { rate: Math.round((scanned * 1000) / (changedAt - startedAt)) }),
      ...(error !== undefined && { error }),
      startedAt,
      ...(done && { finishedAt: changedAt }),
    };
  }

  async tasks(jobId: string): Promise<JobTask[]> {
    const tasks: JobTask[] = [];
    let from: Item | undefined;
    do {
      const answer = await this.dynamo.send(
        new QueryCommand({
          TableName: this.table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': S(taskPk(jobId)) },
          ConsistentRead: true,
          ...(from !== undefined && { ExclusiveStartKey: from }),
        }),
      );
      tasks.push(...(answer.Items ?? []).map(fromTaskItem));
      from = answer.LastEvaluatedKey;
    } while (from !== undefined);
    return tasks;
  }

  /** Whether the condition held. */
  private async unlessConditionFails(command: PutItemCommand | UpdateItemCommand): Promise<boolean> {
    try {
      // The two commands have no common type that `send` takes.
      await (command instanceof PutItemCommand ? this.dynamo.send(command) : this.dynamo.send(command));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

const NOTHING_DONE = { scanned: 0, mapped: 0, reverted: 0, otherEvents: 0 };

const rowsLeft = (open: readonly JobTask[]): number =>
  sum(open, (task) => Math.max(0, task.rows - task.scanned));

/** Segments are of one size, about: what the finished ones held is what the others will. */
function estimateLeft(tasks: readonly JobTask[]): number | undefined {
  const finished = tasks.filter((task) => task.done);
  if (finished.length === 0) return undefined;
  const size = sum(finished, (task) => task.scanned) / finished.length;
  return Math.round(sum(tasks, (task) => (task.done ? 0 : Math.max(0, size - task.scanned))));
}

function fromTaskItem(item: Item): JobTask {
  const cursor = readOptionalS(item, 'cu');
  const error = readOptionalS(item, 'er');
  return {
    name: readS(item, 'sk'),
    ...(cursor !== undefined && { cursor }),
    scanned: readN(item, 'sc'),
    mapped: readN(item, 'mp'),
    reverted: readOptionalN(item, 'rv') ?? 0,
    otherEvents: readOptionalN(item, 'oe') ?? 0,
    rows: readN(item, 'rw'),
    done: readOptionalN(item, 'dn') !== undefined,
    ...(error !== undefined && { error }),
    updatedAt: readN(item, 'up'),
  };
}

const sum = <Element>(elements: readonly Element[], of: (element: Element) => number): number =>
  elements.reduce((total, element) => total + of(element), 0);
