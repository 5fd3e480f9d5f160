import {
  ConditionalCheckFailedException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { N, readN, readOptionalN, readOptionalS, readS, S, T, readText, type Item } from './attributes.ts';

// Reprocess jobs: one per generation of the ruleset, with a task per shard of a group that has to be swept. A task's
// cursor moves only from where its worker found it, so a message that is delivered twice neither repeats nor skips a page.

export interface Job {
  readonly id: string;
  /** What changed, as a sentence. */
  readonly cause: string;
  readonly generation: number;
  readonly status: 'running' | 'done' | 'failed';
  readonly scanned: number;
  readonly mapped: number;
  /** Rows still to be tried, as counted when the job began. */
  readonly remaining: number;
  readonly startedAt: number;
  readonly finishedAt?: number;
}

export interface JobTask {
  readonly unmappedIn: string;
  readonly cursor?: string;
  readonly scanned: number;
  readonly mapped: number;
  readonly rows: number;
  readonly done: boolean;
  readonly updatedAt: number;
}

const LIST_PK = 'jobs';
const KEPT_SECONDS = 30 * 24 * 3600;
/** Where the planner remembers the newest generation whose sweeps are all under way. */
const PLANNED = { pk: S('sweeps'), sk: S('planned') };

/** Sorts like the generations. */
export const jobIdOf = (generation: number): string => `job_${String(generation).padStart(10, '0')}`;
const taskPk = (jobId: string): string => `job#${jobId}`;
const ttlOf = (now: number) => N(Math.floor(now / 1000) + KEPT_SECONDS);

export class JobStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  async plannedGeneration(): Promise<number> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({ TableName: this.table, Key: PLANNED, ConsistentRead: true }),
    );
    return item === undefined ? 0 : readN(item, 'g');
  }

  async setPlannedGeneration(generation: number): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: PLANNED,
        UpdateExpression: 'SET g = :g',
        ConditionExpression: 'attribute_not_exists(g) OR g < :g',
        ExpressionAttributeValues: { ':g': N(generation) },
      }),
    );
  }

  /** Makes the job of a generation unless it exists. */
  async start(generation: number, cause: string, now: number): Promise<string> {
    const id = jobIdOf(generation);
    await this.unlessConditionFails(
      new PutItemCommand({
        TableName: this.table,
        Item: { pk: S(LIST_PK), sk: S(id), g: N(generation), c: T(cause), sa: N(now), ttl: ttlOf(now) },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    return id;
  }

  /** Makes a task unless it exists; returns the task as it is now. */
  async ensureTask(
    jobId: string,
    unmappedIn: string,
    rows: number,
    now: number,
  ): Promise<JobTask & { isNew: boolean }> {
    const isNew = await this.unlessConditionFails(
      new PutItemCommand({
        TableName: this.table,
        Item: {
          pk: S(taskPk(jobId)),
          sk: S(unmappedIn),
          sc: N(0),
          mp: N(0),
          rw: N(rows),
          up: N(now),
          ttl: ttlOf(now),
        },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
    const task = isNew ? undefined : await this.task(jobId, unmappedIn);
    return { ...(task ?? { unmappedIn, scanned: 0, mapped: 0, rows, done: false, updatedAt: now }), isNew };
  }

  async task(jobId: string, unmappedIn: string): Promise<JobTask | undefined> {
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(unmappedIn) },
        ConsistentRead: true,
      }),
    );
    return item === undefined ? undefined : fromTaskItem(item);
  }

  /** Moves a task's cursor; false when another worker has moved it, who then goes on alone. */
  async advance(
    jobId: string,
    task: JobTask,
    page: { readonly cursor: string; readonly scanned: number; readonly mapped: number },
    now: number,
  ): Promise<boolean> {
    return await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(task.unmappedIn) },
        UpdateExpression: 'SET cu = :next, up = :now ADD sc :scanned, mp :mapped',
        ConditionExpression: task.cursor === undefined ? 'attribute_not_exists(cu)' : 'cu = :cursor',
        ExpressionAttributeValues: {
          ':next': S(page.cursor),
          ':now': N(now),
          ':scanned': N(page.scanned),
          ':mapped': N(page.mapped),
          ...(task.cursor !== undefined && { ':cursor': S(task.cursor) }),
        },
      }),
    );
  }

  /** The task is over: every row was tried, or a sweep of newer rules tries them. */
  async finishTask(jobId: string, unmappedIn: string, now: number): Promise<void> {
    await this.unlessConditionFails(
      new UpdateItemCommand({
        TableName: this.table,
        Key: { pk: S(taskPk(jobId)), sk: S(unmappedIn) },
        UpdateExpression: 'SET dn = :now, up = :now',
        ConditionExpression: 'attribute_exists(pk) AND attribute_not_exists(dn)',
        ExpressionAttributeValues: { ':now': N(now) },
      }),
    );
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
    const { Item: item } = await this.dynamo.send(
      new GetItemCommand({
        TableName: this.table,
        Key: { pk: S(LIST_PK), sk: S(id) },
        ConsistentRead: true,
      }),
    );
    return item === undefined ? undefined : await this.withTasks(item);
  }

  private async withTasks(item: Item): Promise<Job> {
    const id = readS(item, 'sk');
    const tasks = await this.tasks(id);
    const open = tasks.filter((task) => !task.done);
    const planned = await this.plannedGeneration();
    const generation = readN(item, 'g');
    const done = open.length === 0 && planned >= generation;
    const startedAt = readN(item, 'sa');
    return {
      id,
      cause: readText(item, 'c'),
      generation,
      status: done ? 'done' : 'running',
      scanned: sum(tasks, (task) => task.scanned),
      mapped: sum(tasks, (task) => task.mapped),
      remaining: sum(open, (task) => Math.max(0, task.rows - task.scanned)),
      startedAt,
      ...(done && { finishedAt: Math.max(startedAt, ...tasks.map((task) => task.updatedAt)) }),
    };
  }

  private async tasks(jobId: string): Promise<JobTask[]> {
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

function fromTaskItem(item: Item): JobTask {
  const cursor = readOptionalS(item, 'cu');
  return {
    unmappedIn: readS(item, 'sk'),
    ...(cursor !== undefined && { cursor }),
    scanned: readN(item, 'sc'),
    mapped: readN(item, 'mp'),
    rows: readN(item, 'rw'),
    done: readOptionalN(item, 'dn') !== undefined,
    updatedAt: readN(item, 'up'),
  };
}

const sum = <Element>(elements: readonly Element[], of: (element: Element) => number): number =>
  elements.reduce((total, element) => total + of(element), 0);
