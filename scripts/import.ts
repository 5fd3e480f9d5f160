import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { AdminApi, argumentsOf, CommandError, runCommand, type Upload } from './admin-api.ts';

// `npm run import -- stripe`: lets a running pipeline import users, and shows how far it is. The import goes on in the pipeline,
// whether somebody watches or not. Exits with 1 when it fails, or when rows of it do.

const USAGE = `npm run import -- stripe | chargebee | FILE.csv [--dry-run] [--url URL]

  stripe, chargebee   the customers of the provider, with the keys that the pipeline has (docs/imports.md)
  FILE.csv            users of a file with the columns userId, email, name, billingId
  --dry-run           of a file: say what would become of each row, and change nothing
  --url URL           of the pipeline (http://127.0.0.1:4400, or the PORT of the environment)

The admin key comes from TALLYHOOK_ADMIN_KEY, else from the folder DATA_DIR (.tallyhook) of a pipeline that runs on this
machine.
`;
const BAR_LENGTH = 30;

const importSchema = z.object({
  id: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  total: z.number().optional(),
  done: z.number(),
  counts: z.record(z.string(), z.number()),
  ignoredColumns: z.array(z.string()),
  error: z.string().optional(),
});
type Import = z.infer<typeof importSchema>;
const answerSchema = z.object({ import: importSchema });
const rowsSchema = z.object({
  rows: z.array(z.object({ row: z.number(), verdict: z.string(), message: z.string().optional() })),
});

await runCommand(async () => {
  const { values, positionals } = argumentsOf(
    {
      options: {
        url: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
      allowPositionals: true,
    },
    USAGE,
  );
  const [source, ...more] = positionals;
  if (values.help) console.log(USAGE);
  else if (source === undefined || more.length > 0) throw new CommandError(USAGE);
  else return await run(new AdminApi(values.url), source, values['dry-run']);
  return true;
});

async function run(api: AdminApi, source: string, dryRun: boolean): Promise<boolean> {
  const isProvider = source === 'stripe' || source === 'chargebee';
  if (isProvider && dryRun) throw new CommandError('--dry-run is for files: a provider is imported at once.');
  const started = await (isProvider
    ? api.request('POST', `/api/imports/${source}`)
    : api.request('POST', `/api/users/import${dryRun ? '?dryRun=1' : ''}`, fileOf(source)));
  const first = answerSchema.parse(started).import;
  if (first.status === 'running') console.log(`Import ${first.id}. It goes on when this command is stopped.`);
  const job = await api.follow(first, `/api/imports/${first.id}`, importSchema, show);
  if (process.stdout.isTTY) console.log('');
  return await report(api, job, dryRun);
}

/** Packed, since a request holds 6 MB. */
function fileOf(path: string): Upload {
  try {
    return { contentType: 'text/csv', bytes: new Uint8Array(gzipSync(readFileSync(path))) };
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new CommandError(`${path} cannot be read (${why}): say stripe, chargebee, or the name of a file.`);
  }
}

/** One line that moves in a terminal; elsewhere the end says all. */
function show({ done, total }: Import): void {
  if (!process.stdout.isTTY) return;
  const filled = total === undefined || total === 0 ? 0 : Math.floor((done / total) * BAR_LENGTH);
  const bar = total === undefined ? '' : `[${'='.repeat(filled).padEnd(BAR_LENGTH)}] `;
  process.stdout.write(`\r${bar}${String(done)}${total === undefined ? '' : ` of ${String(total)}`} `);
}

/** Prints the result; returns whether nothing failed. */
async function report(api: AdminApi, job: Import, dryRun: boolean): Promise<boolean> {
  if (job.ignoredColumns.length > 0) {
    console.log(`Columns that mean nothing to an import: ${job.ignoredColumns.join(', ')}.`);
  }
  const verdicts = Object.entries(job.counts).filter(([, count]) => count > 0);
  const said = verdicts.map(([verdict, count]) => `${verdict} ${String(count)}`).join(', ');
  console.log(`${dryRun ? 'Would be' : 'Done'}, of ${String(job.done)} rows: ${said || 'nothing'}.`);
  for (const verdict of ['error', 'conflict']) {
    const count = job.counts[verdict] ?? 0;
    if (count === 0) continue;
    const page = await api.request('GET', `/api/imports/${job.id}/rows?verdict=${verdict}&limit=20`);
    const { rows } = rowsSchema.parse(page);
    for (const { row, message } of rows) console.log(`  row ${String(row)}, ${verdict}: ${message ?? ''}`);
    if (count > rows.length) console.log(`  … and ${String(count - rows.length)} more`);
  }
  if (job.status === 'failed') console.log(`It failed: ${job.error ?? 'no reason is known.'}`);
  return job.status === 'done' && (job.counts['error'] ?? 0) === 0;
}
