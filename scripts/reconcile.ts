import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as z from 'zod';

// `npm run reconcile`: lets a running pipeline recompute all usage from its stored events, and prints what differs. Exits
// with 1 when something does, or when it cannot be said.

const USAGE = `npm run reconcile -- [--url URL]

  --url URL   of the pipeline (http://127.0.0.1:4400, or the PORT of the environment)

The admin key comes from TALLYHOOK_ADMIN_KEY, else from the folder DATA_DIR (.tallyhook) of a pipeline that runs on this
machine.
`;
const POLL_MS = 500;
const REQUEST_TIMEOUT_MS = 30_000;
/** Polls that may fail one after the other: the pipeline may be restarting. */
const FAILED_POLLS_MAX = 20;

const amountSchema = z.object({ sum: z.string(), count: z.number() });
const runSchema = z.object({
  id: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  scanned: z.number(),
  differenceCount: z.number(),
  unsettled: z.number(),
  unreadableEvents: z.number(),
  error: z.string().optional(),
  startedAt: z.string(),
  differences: z.array(
    z.object({
      userId: z.string().optional(),
      featureId: z.string(),
      day: z.string(),
      hour: z.number().optional(),
      stored: amountSchema,
      expected: amountSchema,
    }),
  ),
});
type Run = z.infer<typeof runSchema>;

/** What a person can mend: the message says how. */
class ReconcileError extends Error {
  override readonly name = 'ReconcileError';
}

try {
  const { values } = options();
  if (values.help) console.log(USAGE);
  else if (!report(await reconcile(values.url ?? `http://127.0.0.1:${process.env['PORT'] || '4400'}`)))
    process.exitCode = 1;
} catch (error) {
  console.error(error instanceof ReconcileError ? error.message : error);
  process.exitCode = 1;
}

function options() {
  try {
    return parseArgs({
      options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
    });
  } catch (error) {
    throw new ReconcileError(`${error instanceof Error ? error.message : ''}\n\n${USAGE}`);
  }
}

async function reconcile(givenUrl: string): Promise<Run> {
  if (!/^https?:$/.test(URL.canParse(givenUrl) ? new URL(givenUrl).protocol : '')) {
    throw new ReconcileError('--url must be the URL of a pipeline, such as http://127.0.0.1:4400.');
  }
  const url = givenUrl.replace(/\/+$/, '');
  const key = adminKey();
  let run = await request(url, 'POST', '/api/reconciliations', key);
  console.log(`Reconciliation ${run.id}, started at ${run.startedAt}: reading everything that is stored …`);
  for (let failed = 0; run.status === 'running';) {
    await pause(POLL_MS);
    try {
      run = await request(url, 'GET', `/api/reconciliations/${run.id}`, key);
      failed = 0;
    } catch (error) {
      if (!(error instanceof ReconcileError) || (failed += 1) > FAILED_POLLS_MAX) throw error;
    }
  }
  return run;
}

async function request(url: string, method: string, path: string, key: string): Promise<Run> {
  let response: Response;
  try {
    response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
  } catch {
    throw new ReconcileError(
      `No pipeline answers at ${url}: start one with "npm start", or give the URL of yours with --url.`,
    );
  }
  const text = await response.text();
  if (response.status === 401 || response.status === 403) {
    throw new ReconcileError(
      `The pipeline at ${url} refuses the key: set TALLYHOOK_ADMIN_KEY, or DATA_DIR to the folder of this pipeline.`,
    );
  }
  if (!response.ok) {
    throw new ReconcileError(
      `${method} ${path} was answered with ${String(response.status)} (${text.slice(0, 200)}): try again in a moment.`,
    );
  }
  return runSchema.parse(JSON.parse(text));
}

function adminKey(): string {
  const given = process.env['TALLYHOOK_ADMIN_KEY'];
  if (given) return given;
  const file = join(process.env['DATA_DIR'] || '.tallyhook', 'keys.json');
  try {
    return z.object({ adminKey: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).adminKey;
  } catch {
    throw new ReconcileError(
      `There is no key in ${file}: start the pipeline with "npm start" first, or set TALLYHOOK_ADMIN_KEY.`,
    );
  }
}

/** Prints the result; returns whether usage is what the events say. */
function report(run: Run): boolean {
  if (run.status === 'failed') {
    console.log(`It failed: ${run.error ?? 'no reason is known.'}`);
    return false;
  }
  for (const { userId, featureId, day, hour, stored, expected } of run.differences) {
    const who = userId === undefined ? 'everybody' : `user ${JSON.stringify(userId)}`;
    const when = hour === undefined ? day : `${day}, hour ${String(hour)}`;
    console.log(
      `  ${featureId}, ${who}, ${when}: stored ${amount(stored)}, but the events say ${amount(expected)}`,
    );
  }
  const hidden = run.differenceCount - run.differences.length;
  if (hidden > 0) console.log(`  … and ${String(hidden)} more`);
  if (run.unreadableEvents > 0) {
    console.log(
      `Stored events that cannot be read, so that it is not known what they count: ${String(run.unreadableEvents)}.`,
    );
  }
  if (run.unsettled > 0) {
    console.log(
      `Amounts that kept changing and were not compared: ${String(run.unsettled)}. Run it again when less arrives.`,
    );
  }
  console.log(
    run.differenceCount === 0
      ? `No difference: ${String(run.scanned)} stored items looked at.`
      : `Amounts that differ from what the events say: ${String(run.differenceCount)}.`,
  );
  return run.differenceCount === 0 && run.unreadableEvents === 0;
}

function amount({ sum, count }: z.infer<typeof amountSchema>): string {
  return `${sum} in ${String(count)} ${count === 1 ? 'event' : 'events'}`;
}
