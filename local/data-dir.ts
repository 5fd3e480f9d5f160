import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { codeOf, reasonOf } from './caught.ts';
import { StartError } from './start-error.ts';

// The folder with all state of one local pipeline. One runtime at a time may use it: it holds an operating-system lock
// (through SQLite, which has the only file lock that Node can take), and such a lock ends with its holder, so that after a
// kill -9 there is nothing to clean up and no process id to mistake for another.

export interface DataDir {
  readonly path: string;
  readonly dynamodbFile: string;
  readonly sqsFolder: string;
  readonly keysFile: string;
  readonly streamPositionsFile: string;
  /** Who runs and where, for tools that want to talk to this pipeline. Gone when it has stopped. */
  readonly runningFile: string;
  release(): void;
}

const LOCK_FILE = 'lock.sqlite';
/** Larger files are checked as they are read: reading all of them first would hold up every start. */
const FULL_CHECK_BYTES_MAX = 32 * 1024 * 1024;

export function openDataDir(given: string): DataDir {
  const path = resolve(given);
  createFolder(path);
  const lock = takeLock(path);
  const dir: DataDir = {
    path,
    dynamodbFile: join(path, 'dynamodb.sqlite'),
    sqsFolder: join(path, 'sqs'),
    keysFile: join(path, 'keys.json'),
    streamPositionsFile: join(path, 'stream-positions.json'),
    runningFile: join(path, 'running.json'),
    release: () => {
      rmSync(join(path, 'running.json'), { force: true });
      lock.close();
    },
  };
  try {
    checkDatabase(dir.dynamodbFile);
    checkDatabase(join(dir.sqsFolder, 'fauxqs.db'));
  } catch (error) {
    lock.close();
    throw error;
  }
  return dir;
}

/** Whole or not at all, readable by its owner only: a kill in the middle leaves the old content. */
export function writeStateFile(file: string, value: unknown): void {
  const draft = `${file}.new`;
  writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(draft, file);
}

function createFolder(path: string): void {
  const advice = 'set DATA_DIR to a folder that you may write to';
  try {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
      throw new StartError(`DATA_DIR ${path} is a file, not a folder: ${advice}.`);
    }
    createMissing(path);
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new StartError(`The folder ${path} cannot be written to (${code}): ${advice}.`);
  }
}

/** Not `recursive: true`, with which Node 24 never returns where a folder exists in which none can be made (/proc). */
function createMissing(path: string): void {
  if (existsSync(path)) return;
  createMissing(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

function takeLock(path: string): DatabaseSync {
  const file = join(path, LOCK_FILE);
  let lock: DatabaseSync;
  try {
    lock = new DatabaseSync(file);
  } catch (error) {
    throw new StartError(
      `The folder ${path} cannot be written to (${codeOf(error) ?? reasonOf(error)}): set DATA_DIR to a folder that you may write to.`,
    );
  }
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    const reason = reasonOf(error);
    if (!reason.includes('locked')) {
      throw new StartError(`${file} is damaged (${reason}): it holds no data, so delete it and start again.`);
    }
    const holder = holderOf(path);
    throw new StartError(
      `Tallyhook already runs with the folder ${path}${holder}: stop it first, or set DATA_DIR to another folder and PORT to another port.`,
    );
  }
}

function holderOf(path: string): string {
  try {
    const running: unknown = JSON.parse(readFileSync(join(path, 'running.json'), 'utf8'));
    if (typeof running === 'object' && running !== null && 'pid' in running)
      return ` (process ${String(running.pid)})`;
  } catch {
    // It is still starting, and has not said who it is.
  }
  return '';
}

function checkDatabase(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) return;
  let problem: string | undefined;
  try {
    const database = new DatabaseSync(file);
    try {
      const check =
        size <= FULL_CHECK_BYTES_MAX ? 'PRAGMA quick_check(1)' : 'SELECT count(*) FROM sqlite_schema';
      const [answer] = Object.values(database.prepare(check).get() ?? {});
      if (typeof answer === 'string' && answer !== 'ok') problem = answer;
    } finally {
      database.close();
    }
  } catch (error) {
    problem = reasonOf(error);
  }
  if (problem !== undefined) {
    throw new StartError(
      `The stored state in ${file} is damaged (${problem}): restore the folder from a backup, or move it away to start empty.`,
    );
  }
}
