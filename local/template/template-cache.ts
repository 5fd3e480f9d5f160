import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { StartError } from '../start-error.ts';

// The synthesised stack, kept between starts under a hash of everything that it is made from. Making it takes seconds;
// hashing a hundred files takes milliseconds. It lies in node_modules, because it belongs to this checkout and not to
// anybody's data: another DATA_DIR shares it, and `npm ci` throws it away.

export interface CachedAssembly {
  readonly folder: string;
  readonly hit: boolean;
}

/** Folders and files of the project that the template, the bundles or the dashboard are made from. Those that do not exist count too. */
const INPUTS = [
  'infra',
  'functions',
  'core',
  'adapters',
  'dashboard',
  'scripts/build-dashboard.ts',
  'cdk.json',
  'package-lock.json',
  'tsconfig.json',
];
/** The last is types only, of which nothing is left in what is built. */
const NOT_INPUTS = new Set(['node_modules', 'dist', 'cdk.out', 'openapi-types.ts']);
/** Enough that none is taken from a runtime that still runs, in any but the longest day of edits. */
const KEPT_MAX = 10;
const CHILD = fileURLToPath(new URL('./synthesize-child.ts', import.meta.url));

export interface TemplateCacheOptions {
  readonly projectRoot: string;
  /** Makes the assembly in the folder. @default by the project's CDK app */
  readonly synthesize?: ((folder: string, compileCacheFolder: string) => Promise<void>) | undefined;
}

/** Where this checkout keeps what can be made again. Falls back to the temporary folder where node_modules is read-only. */
export function cacheFolder(projectRoot: string, name: string): string {
  const folder = join(projectRoot, 'node_modules', '.cache', 'tallyhook', name);
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    const fallback = join(
      tmpdir(),
      `tallyhook-${createHash('sha256').update(projectRoot).digest('hex').slice(0, 16)}`,
      name,
    );
    mkdirSync(fallback, { recursive: true, mode: 0o700 });
    return fallback;
  }
}

export async function cachedAssembly(options: TemplateCacheOptions): Promise<CachedAssembly> {
  const { projectRoot, synthesize = synthesizeInChild } = options;
  const cache = cacheFolder(projectRoot, 'assembly');
  const folder = join(cache, hashOf(projectRoot));
  if (existsSync(folder)) {
    const now = new Date();
    utimesSync(folder, now, now);
    return { folder, hit: true };
  }
  const draft = `${folder}.${process.pid}`;
  try {
    await synthesize(draft, cacheFolder(projectRoot, 'code'));
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another start was faster; what it made is the same.
    if (!existsSync(folder)) throw error;
  }
  forgetOld(cache, folder);
  return { folder, hit: false };
}

async function synthesizeInChild(folder: string, compileCacheFolder: string): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CHILD, folder], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A third faster from the second time on.
    env: { ...process.env, NODE_COMPILE_CACHE: compileCacheFolder },
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4_000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new StartError(
    `The stack cannot be synthesised, so there is nothing to run; fix this and start again: ${said.trim()}`,
  );
}

function hashOf(projectRoot: string): string {
  const hash = createHash('sha256');
  for (const input of INPUTS) addTo(hash, projectRoot, join(projectRoot, input));
  return hash.digest('hex').slice(0, 32);
}

function addTo(hash: ReturnType<typeof createHash>, root: string, path: string): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return;
  if (!stats.isDirectory()) {
    hash.update(`${relative(root, path)}\0${stats.size}\0`).update(readFileSync(path));
    return;
  }
  for (const name of readdirSync(path).sort()) {
    if (!NOT_INPUTS.has(name)) addTo(hash, root, join(path, name));
  }
}

/** The least recently used go. */
function forgetOld(cache: string, current: string): void {
  const others = readdirSync(cache)
    .map((name) => join(cache, name))
    .filter((folder) => folder !== current)
    .map((folder) => ({ folder, usedMs: statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((one, other) => other.usedMs - one.usedMs);
  for (const { folder } of others.slice(KEPT_MAX - 1)) rmSync(folder, { recursive: true, force: true });
}
