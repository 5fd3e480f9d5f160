import { execFile } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { markdownBlocks, type CodeBlock } from '../support/markdown-blocks.ts';
import {
  PROJECT_ROOT,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';
import { isSameShape } from '../support/same-shape.ts';
import { until } from '../support/until.ts';

// A newcomer with the README: `npm start`, then every command on the page in its order, each with the answer that the page
// shows. Only the port and the folder differ, so that nothing else on this machine is in the way.

const run = promisify(execFile);
const READ_MS = 30_000;

const page = readFileSync(join(PROJECT_ROOT, 'README.md'), 'utf8');
const dataDir = temporaryDataDir();
let pipeline: RuntimeProcess;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  pipeline = await startRuntimeProcess(dataDir.path, { command: ['npm', 'start'], keys: 'generated' });
  environment = { ...process.env, NODE_OPTIONS: '', PATH: [process.env['PATH'], standIns()].join(delimiter) };
}, 60_000);

afterAll(async () => {
  await pipeline.kill();
  dataDir.remove();
});

/** A folder at the end of PATH: used only where the machine has no curl of its own. */
function standIns(): string {
  const folder = join(dataDir.path, 'bin');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(PROJECT_ROOT, 'test/support/curl.mjs'), join(folder, 'curl'));
  chmodSync(join(folder, 'curl'), 0o755);
  return folder;
}

const here = (text: string): string =>
  text.replaceAll('http://127.0.0.1:4400', pipeline.url).replaceAll('./.tallyhook', dataDir.path);

async function shell(command: string): Promise<string> {
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', here(command)], {
    cwd: PROJECT_ROOT,
    env: environment,
  });
  return stdout;
}

/** `export` lines hold for the commands after them, as in one terminal. */
async function exportAll(command: string): Promise<void> {
  for (const line of (await shell(`${command}\nenv -0`)).split('\0')) {
    const [name = '', ...value] = line.split('=');
    if (name.startsWith('TALLYHOOK_')) environment[name] = value.join('=');
  }
}

/** Of commands that only read: a new event or rule takes a moment to show. */
const isRead = (command: string): boolean => !/\s-d\s/.test(command);

async function expectAnswer(command: string, shown: unknown): Promise<void> {
  let actual: unknown;
  const ask = async (): Promise<boolean> => {
    actual = JSON.parse(await shell(command));
    return isSameShape(shown, actual);
  };
  if (!isRead(command)) await ask();
  else await until('the answer is the one that is shown', ask, READ_MS).catch(() => undefined);
  // Compared again as a whole, for a difference that can be read.
  if (!isSameShape(shown, actual)) expect({ command, answer: actual }).toEqual({ command, answer: shown });
}

test('every command of the README does what the README says', async () => {
  const blocks = markdownBlocks(page);
  let answers = 0;
  for (const [index, block] of blocks.entries()) {
    const next: CodeBlock | undefined = blocks[index + 1];
    if (block.language === 'js') {
      const { stderr } = await run('node', ['--input-type=module', '--eval', here(block.text)], {
        cwd: PROJECT_ROOT,
        env: environment,
      });
      expect(stderr).toBe('');
    } else if (block.language === 'sh' && block.text.startsWith('export ')) {
      await exportAll(block.text);
    } else if (block.language === 'sh') {
      expect({ command: block.text, isFollowedBy: next?.language }).toEqual({
        command: block.text,
        isFollowedBy: 'json',
      });
      await expectAnswer(block.text, JSON.parse(next?.text ?? ''));
      answers += 1;
    }
  }
  expect(answers).toBeGreaterThanOrEqual(7);
}, 90_000);

test('Ctrl-C ends npm start in order, and leaves nothing behind', async () => {
  await pipeline.stop();
  expect(pipeline.output()).toContain('Stopped.');
}, 30_000);

test('ending npm ends the pipeline that npm started, in order', async () => {
  pipeline = await startRuntimeProcess(dataDir.path, { command: ['npm', 'start'], keys: 'generated' });
  await pipeline.terminate();
  expect(pipeline.output()).toContain('Stopped.');
}, 60_000);
