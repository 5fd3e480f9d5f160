import * as z from 'zod';
import { AdminApi, argumentsOf, runCommand } from './admin-api.ts';

// `npm run reconcile`: lets a running pipeline recompute all usage from its stored events, and prints what differs. Exits
// with 1 when something does, or when it cannot be said.

const USAGE = `npm run reconcile -- [--url URL]

  --url URL   of the pipeline (http://127.0.0.1:4400, or the PORT of the environment)

The admin key comes from TALLYHOOK_ADMIN_KEY, else from the folder DATA_DIR (.tallyhook) of a pipeline that runs on this
machine.
`;

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

await runCommand(async () => {
  const { values } = argumentsOf(
    { options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } } },
    USAGE,
  );
  if (!values.help) return report(await reconcile(new AdminApi(values.url)));
  console.log(USAGE);
  return true;
});

async function reconcile(api: AdminApi): Promise<Run> {
  const run = runSchema.parse(await api.request('POST', '/api/reconciliations'));
  console.log(`Reconciliation ${run.id}, started at ${run.startedAt}: reading everything that is stored …`);
  return await api.follow(run, `/api/reconciliations/${run.id}`, runSchema);
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
