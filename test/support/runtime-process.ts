import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

// The whole pipeline as a person starts it: a process of its own with everything below it, on a free port, with its state
// in a folder of the test. Ends with a kill -9 of the process group, so that whoever survives that is found out.

export const PROJECT_ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const ADMIN_KEY = 'admin-key-of-a-system-test';
export const INGEST_KEY = 'th_ingest_of_a_system_test';

/** The first start in a fresh checkout also makes the template. */
const READY_MS = 60_000;
const GONE_MS = 15_000;

export interface RuntimeProcess {
  /** Without a trailing slash. */
  readonly url: string;
  /** What it has printed. */
  output(): string;
  /** As Ctrl-C does, to every process of the group; resolves when all processes are gone. */
  stop(): Promise<void>;
  /** SIGTERM to the one process that was started, as a supervisor does; resolves when all processes are gone. */
  terminate(): Promise<void>;
  /** `kill -9` to the process group; resolves when all its processes are gone. */
  kill(): Promise<void>;
}

export function temporaryDataDir(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'tallyhook-system-'));
  return {
    path,
    remove: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

export interface RuntimeProcessOptions {
  /** What is run in the project's folder. @default the program behind `npm start` */
  readonly command?: readonly [string, ...string[]];
  /** Those above, or new ones that the pipeline makes and keeps in its folder. @default given */
  readonly keys?: 'given' | 'generated';
}

export async function startRuntimeProcess(
  dataDir: string,
  options: RuntimeProcessOptions = {},
): Promise<RuntimeProcess> {
  const [program, ...args] = options.command ?? [process.execPath, 'local/start.mjs'];
  const isGenerated = options.keys === 'generated';
  const child = spawn(program, args, {
    cwd: PROJECT_ROOT,
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      PORT: '0',
      TALLYHOOK_ADMIN_KEY: isGenerated ? '' : ADMIN_KEY,
      TALLYHOOK_INGEST_KEY: isGenerated ? '' : INGEST_KEY,
      // Jest's own options would make it another kind of process than a person starts.
      NODE_OPTIONS: '',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, to be killed as one.
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const end = async (send: () => void): Promise<void> => {
    const family = familyOf(child);
    send();
    await until(
      'all processes of the pipeline are gone',
      () => family.every((pid) => !isAlive(pid)),
      GONE_MS,
    );
  };
  const ready = /Tracking API\s+(http:\/\/\S+)\/v1/;
  try {
    await until('the pipeline is ready', () => ready.test(output) || child.exitCode !== null, READY_MS);
    const url = ready.exec(output)?.[1];
    if (url === undefined) throw new Error('It ended before it was ready.');
    return {
      url,
      output: () => output,
      stop: () => end(() => signalGroup(child, 'SIGINT')),
      terminate: () => end(() => void child.kill('SIGTERM')),
      kill: () => end(() => signalGroup(child, 'SIGKILL')),
    };
  } catch (error) {
    await end(() => signalGroup(child, 'SIGKILL'));
    throw new Error(`The pipeline did not start. It printed:\n${output}`, { cause: error });
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // Nobody is left in the group. (Not `instanceof Error`: jest runs tests in a realm of their own.)
    const isGone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}

/** The process and its descendants, also those that have left its group. Linux only, as `.ci/run` is. */
function familyOf({ pid }: ChildProcess): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), statusOf(Number(name))?.parent]),
  );
  const family = new Set(pid === undefined ? [] : [pid]);
  for (let size = -1; size !== family.size;) {
    size = family.size;
    for (const [child, parent] of parents) if (parent !== undefined && family.has(parent)) family.add(child);
  }
  return [...family];
}

const isAlive = (pid: number): boolean => (statusOf(pid)?.state ?? 'Z') !== 'Z';

function statusOf(pid: number): { readonly state: string; readonly parent: number } | undefined {
  try {
    // The program's name, in brackets, may hold anything; the state and the parent follow its last bracket.
    const [state = 'Z', parent = '0'] =
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')
        .at(-1)
        ?.split(' ') ?? [];
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
