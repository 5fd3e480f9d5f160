import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

// The dashboard's files, made by Vite in a process of its own and kept under a hash of all that they are made from: Vite
// takes seconds and 200 MB, and most synths are about something else.

const projectRoot = resolve(import.meta.dirname, '..');
const SCRIPT = 'scripts/build-dashboard.ts';
const INPUTS = ['dashboard', SCRIPT, 'package-lock.json'];
/** Types only, of which nothing is left in what is built. */
const NOT_INPUT = 'openapi-types.ts';
const KEPT_MAX = 5;

/** Puts the built dashboard into the folder. Throws what Vite says when it cannot be built. */
export function putDashboard(folder: string): void {
  const built = builtFolder();
  if (!existsSync(built)) {
    const draft = draftOf(built);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, draft], {
      ...OPTIONS,
      stdio: ['ignore', 'ignore', 'pipe'],
      encoding: 'utf8',
    });
    keep(draft, built, status, stderr);
  }
  cpSync(built, folder, { recursive: true });
}

/** Builds the dashboard beside whatever else this process does, so that `putDashboard` finds it. */
export async function prepareDashboard(): Promise<void> {
  const built = builtFolder();
  if (existsSync(built)) return;
  const draft = draftOf(built);
  const child = spawn(process.execPath, [SCRIPT, draft], { ...OPTIONS, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  keep(draft, built, status, said);
}

const OPTIONS = {
  cwd: projectRoot,
  // Otherwise Vite would keep React's slow development build for the tests.
  env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1' },
};

function builtFolder(): string {
  return join(projectRoot, 'node_modules', '.cache', 'tallyhook', 'dashboard', hashOfInputs());
}

/** Another name until it is whole, so that nobody copies half of it. */
function draftOf(built: string): string {
  mkdirSync(dirname(built), { recursive: true });
  return `${built}.${String(process.pid)}`;
}

function keep(draft: string, built: string, status: number | null, said: string): void {
  try {
    if (status !== 0) throw new Error(`The dashboard cannot be built: ${said.trim().slice(-4_000)}`);
    renameSync(draft, built);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another synth was faster; what it made is the same.
    if (!existsSync(built)) throw error;
  }
  forgetOld(dirname(built), built);
}

function hashOfInputs(): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (name !== NOT_INPUT) add(join(path, name));
    } else {
      hash
        .update(`${relative(projectRoot, path)}\0${String(statSync(path).size)}\0`)
        .update(readFileSync(path));
    }
  };
  for (const input of INPUTS) add(join(projectRoot, input));
  return hash.digest('hex').slice(0, 32);
}

/** The least recently made go. */
function forgetOld(cache: string, current: string): void {
  const others = readdirSync(cache)
    .map((name) => join(cache, name))
    .filter((folder) => folder !== current)
    .map((folder) => ({ folder, madeMs: statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.madeMs - one.madeMs);
  for (const { folder } of others.slice(KEPT_MAX - 1)) rmSync(folder, { recursive: true, force: true });
}
