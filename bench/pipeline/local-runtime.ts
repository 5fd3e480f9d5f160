import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';

// The whole local pipeline on a new folder, in a process of its own, for a benchmark that sends to it and asks its API.

const readySchema = z.object({
  url: z.string(),
  adminKey: z.string(),
  ingestKey: z.string(),
  endpoints: z.object({ dynamodb: z.string(), sqs: z.string() }),
  readyMs: z.number(),
});
const memorySchema = z.object({
  memory: z.array(z.object({ what: z.string(), proportionalBytes: z.number() })),
});
const usageSchema = z.object({ total: z.object({ count: z.number() }) });

const POLL_MS = 50;

/** As the local runtime calls the tables of the stack. */
export const TABLES = {
  events: 'EventsTable',
  usage: 'UsageTable',
  users: 'UsersTable',
  operations: 'OperationsTable',
};

export interface LocalRuntime extends z.infer<typeof readySchema> {
  /** Its store, past its functions and their roles. */
  readonly dynamo: DynamoDBClient;
  /** Calls the API as an administrator. Throws where it does not answer 2xx. */
  api(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
  /** How many events a feature has counted. */
  counted(featureId: string): Promise<number>;
  /** Bytes of all of its processes; pages that processes share are divided among them. */
  memoryBytes(): Promise<number>;
  stop(): Promise<void>;
}

/** Has the feature `messages`. `assembly`: the folder of another cloud assembly than this project's. */
export async function startLocalRuntime(assembly = ''): Promise<LocalRuntime> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tallyhook-bench-'));
  const child = fork(new URL('./runtime-process.ts', import.meta.url), [dataDir, assembly], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ready = z.parse(readySchema, await nextMessage(child));
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const dynamo = new DynamoDBClient({ endpoint: ready.endpoints.dynamodb, region: 'us-east-1', credentials });
  const runtime: LocalRuntime = {
    ...ready,
    dynamo,
    async api(method, path, body) {
      const answer = await fetch(`${ready.url}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${ready.adminKey}`, 'content-type': 'application/json' },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      if (!answer.ok) throw new Error(`${method} ${path}: ${String(answer.status)} ${await answer.text()}`);
      const found: unknown = await answer.json();
      return found;
    },
    async counted(featureId) {
      const usage = await runtime.api('GET', `/usage?featureId=${featureId}&window=day`);
      return z.parse(usageSchema, usage).total.count;
    },
    async memoryBytes() {
      child.send('memory');
      const { memory } = z.parse(memorySchema, await nextMessage(child));
      return memory.reduce((sum, { proportionalBytes }) => sum + proportionalBytes, 0);
    },
    async stop() {
      dynamo.destroy();
      if (child.exitCode === null) {
        child.disconnect();
        await once(child, 'exit');
      }
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  await runtime.api('POST', '/features', { id: 'messages', name: 'Messages', type: 'consumable' });
  return runtime;
}

const groupsSchema = z.object({
  groups: z.array(z.object({ count: z.number() })),
  cursor: z.optional(z.string()),
});

/** How many events lie in the inbox. */
export async function unmappedCount(runtime: LocalRuntime): Promise<number> {
  const { groups, cursor } = z.parse(groupsSchema, await runtime.api('GET', '/unmapped?limit=50'));
  if (cursor !== undefined)
    throw new Error('There are more groups of unmapped events than one answer holds.');
  return groups.reduce((sum, { count }) => sum + count, 0);
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => {
      reject(new Error(`The runtime ended with code ${String(code)}.`));
    });
  });
}

/** Asks until the answer is yes; asking is a load, too. Throws after `patienceMs`. */
export async function until(
  what: string,
  patienceMs: number,
  ask: () => Promise<boolean>,
  pollMs = POLL_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`Not within ${String(patienceMs / 1000)} s: ${what}.`);
    await setTimeout(pollMs);
  }
}
