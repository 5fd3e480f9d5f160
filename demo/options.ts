import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { DemoError } from './demo-error.ts';

// The command line and the environment of `npm run demo`, all checked before anything is sent.

export interface DemoOptions {
  readonly seed: number;
  readonly users: number;
  /** `YYYY-MM-DD`, UTC: the day that is acted out. */
  readonly day: string;
  /** Of the pipeline, without a trailing slash. */
  readonly url: string;
  readonly adminKey: string;
  readonly ingestKey: string;
}

export const USAGE = `npm run demo -- [--users N] [--seed N] [--day YYYY-MM-DD] [--url URL]

  --users N   how many people use the product that day (300)
  --seed N    chance, repeatable: the same seed and day give the same events (1)
  --day DATE  the day that is acted out, at most 300 days ago (yesterday)
  --url URL   of the pipeline (http://127.0.0.1:4400, or the PORT of the environment)

The keys come from TALLYHOOK_ADMIN_KEY and TALLYHOOK_INGEST_KEY, else from the folder DATA_DIR (.tallyhook) of a pipeline
that runs on this machine.
`;

const DAY_MS = 24 * 3600_000;
const AGE_DAYS_MAX = 300;
const USERS_MAX = 20_000;

/** Undefined when only help was asked for. */
export function readOptions(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  now: number,
): DemoOptions | undefined {
  const { values } = parse(args);
  if (values.help) return undefined;
  const day = values.day ?? new Date(now - DAY_MS).toISOString().slice(0, 10);
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : NaN;
  // Times that lie ahead would be counted when they arrive, and the day would not come out as planned.
  if (!(start < now - DAY_MS) || start < now - AGE_DAYS_MAX * DAY_MS) {
    throw new DemoError(
      `--day must be a whole day of the past ${String(AGE_DAYS_MAX)} days, such as 2026-11-20.`,
    );
  }
  return {
    seed: wholeNumber('--seed', values.seed, 0, 999_999),
    users: wholeNumber('--users', values.users, 1, USERS_MAX),
    day,
    url: readUrl(values.url ?? `http://127.0.0.1:${env['PORT'] || '4400'}`),
    ...readKeys(env),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        users: { type: 'string', default: '300' },
        day: { type: 'string' },
        url: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new DemoError(`${error.message}\n\n${USAGE}`);
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw new DemoError(`${name} must be a whole number from ${String(min)} to ${String(max)}.`);
}

function readUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new DemoError('--url must be the URL of a pipeline, such as http://127.0.0.1:4400.');
  }
  return url.href.replace(/\/+$/, '');
}

const keysFileSchema = z.object({ adminKey: z.string(), ingestKey: z.string() });

function readKeys(env: NodeJS.ProcessEnv): Pick<DemoOptions, 'adminKey' | 'ingestKey'> {
  const adminKey = env['TALLYHOOK_ADMIN_KEY'] || undefined;
  const ingestKey = env['TALLYHOOK_INGEST_KEY'] || undefined;
  if (adminKey !== undefined && ingestKey !== undefined) return { adminKey, ingestKey };
  const file = join(env['DATA_DIR'] || '.tallyhook', 'keys.json');
  const stored = readKeysFile(file);
  if (stored === undefined) {
    throw new DemoError(
      `There are no keys in ${file}: start the pipeline with "npm start" first, or set TALLYHOOK_ADMIN_KEY and TALLYHOOK_INGEST_KEY.`,
    );
  }
  return { adminKey: adminKey ?? stored.adminKey, ingestKey: ingestKey ?? stored.ingestKey };
}

function readKeysFile(file: string): z.infer<typeof keysFileSchema> | undefined {
  try {
    return keysFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}
