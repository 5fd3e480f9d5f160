import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import { DemoError } from './demo-error.ts';

// The pipeline's HTTP API as the demo uses it: what comes back is checked, and what a person can mend is said in a sentence.

const featureSchema = z.object({ id: z.string(), archived: z.boolean() });
const ruleSchema = z.object({
  id: z.string(),
  name: z.string().optional(),
  enabled: z.boolean(),
  featureId: z.string(),
  event: z.unknown(),
  conditions: z.array(z.unknown()),
  delta: z.unknown().optional(),
});
const jobSchema = z.object({
  id: z.string(),
  cause: z.string(),
  status: z.enum(['running', 'done', 'failed']),
  scanned: z.number(),
  mapped: z.number(),
  remaining: z.number(),
});
const usageSchema = z.object({
  rows: z.array(
    z.object({ windowStart: z.string(), featureId: z.string(), sum: z.string(), count: z.number() }),
  ),
});
const groupSchema = z.object({
  event: z.string(),
  featureId: z.string().optional(),
  reason: z.string(),
  count: z.number(),
  users: z.number(),
});
const feedSchema = z.object({
  entries: z.array(
    z.object({
      at: z.string(),
      rejections: z.array(z.object({ code: z.string(), message: z.string(), count: z.number() })),
    }),
  ),
});
const errorSchema = z.object({ message: z.string() });

export type SavedFeature = z.infer<typeof featureSchema>;
export type SavedRule = z.infer<typeof ruleSchema>;
export type ReprocessingJob = z.infer<typeof jobSchema>;
export type UsageRow = z.infer<typeof usageSchema>['rows'][number];
export type WaitingGroup = z.infer<typeof groupSchema>;
export type FeedEntry = z.infer<typeof feedSchema>['entries'][number];

const ATTEMPTS_MAX = 6;
const REQUEST_TIMEOUT_MS = 30_000;
const FEED_ENTRIES = 100;

export class PipelineApi {
  private readonly url: string;
  private readonly adminKey: string;

  constructor(url: string, adminKey: string) {
    this.url = url;
    this.adminKey = adminKey;
  }

  /** Throws a DemoError that says what to do unless the pipeline is up and takes both keys. */
  async requireReady(ingestKey: string): Promise<void> {
    const health = await this.request('/health', {});
    if (!health.ok) {
      throw new DemoError(
        `The pipeline at ${this.url} is not ready (${String(health.status)}): try again in a moment.`,
      );
    }
    // An empty batch is accepted by whoever accepts the key, and leaves nothing behind.
    const batch = await this.request('/v1/batch', {
      method: 'POST',
      headers: { authorization: `Bearer ${ingestKey}`, 'content-type': 'application/json' },
      body: '{"batch":[]}',
    });
    if (!batch.ok) {
      throw new DemoError(
        `The pipeline at ${this.url} refuses the ingest key (${await messageOf(batch)}): set TALLYHOOK_INGEST_KEY, or DATA_DIR to the folder of this pipeline.`,
      );
    }
    await this.get('/api/features', z.unknown());
  }

  async features(): Promise<SavedFeature[]> {
    return await this.pages('/api/features', 'features', featureSchema);
  }

  async createFeature(feature: object): Promise<void> {
    await this.post('/api/features', feature, z.unknown());
  }

  async rules(): Promise<SavedRule[]> {
    return await this.pages('/api/rules', 'rules', ruleSchema);
  }

  async createRule(rule: object): Promise<void> {
    await this.post('/api/rules', rule, z.unknown());
  }

  /** Per UTC day; of one user, or of everybody. */
  async usage(range: {
    readonly from: string;
    readonly to: string;
    readonly userId?: string;
  }): Promise<UsageRow[]> {
    return (
      await this.get(`/api/usage?${String(new URLSearchParams({ ...range, window: 'day' }))}`, usageSchema)
    ).rows;
  }

  async unmapped(): Promise<WaitingGroup[]> {
    return await this.pages('/api/unmapped', 'groups', groupSchema);
  }

  /** The newest first. */
  async reprocessing(): Promise<ReprocessingJob[]> {
    return (await this.get('/api/reprocessing', z.object({ jobs: z.array(jobSchema) }))).jobs;
  }

  /** The newest first; not all there ever were. */
  async feed(): Promise<FeedEntry[]> {
    return (await this.get(`/api/feed?limit=${String(FEED_ENTRIES)}`, feedSchema)).entries;
  }

  private async pages<Row>(path: string, field: string, row: z.ZodType<Row>): Promise<Row[]> {
    const schema = z.looseObject({ cursor: z.string().optional() });
    const rows: Row[] = [];
    let cursor: string | undefined;
    do {
      const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page = await this.get(path + query, schema);
      rows.push(...z.array(row).parse(page[field]));
      cursor = page.cursor;
    } while (cursor !== undefined);
    return rows;
  }

  private async get<Answer>(path: string, schema: z.ZodType<Answer>): Promise<Answer> {
    return await this.answer(path, { headers: { authorization: `Bearer ${this.adminKey}` } }, schema);
  }

  private async post<Answer>(path: string, body: object, schema: z.ZodType<Answer>): Promise<Answer> {
    const headers = { authorization: `Bearer ${this.adminKey}`, 'content-type': 'application/json' };
    return await this.answer(path, { method: 'POST', headers, body: JSON.stringify(body) }, schema);
  }

  private async answer<Answer>(path: string, init: RequestInit, schema: z.ZodType<Answer>): Promise<Answer> {
    const response = await this.request(path, init);
    const what = `${init.method ?? 'GET'} ${path}`;
    if (response.status === 401 || response.status === 403) {
      throw new DemoError(
        `The pipeline at ${this.url} refuses the admin key (${await messageOf(response)}): set TALLYHOOK_ADMIN_KEY, or DATA_DIR to the folder of this pipeline.`,
      );
    }
    if (!response.ok) {
      throw new DemoError(
        `${what} was answered with ${String(response.status)} (${await messageOf(response)}): look at the pipeline's console, then run the demo again.`,
      );
    }
    const parsed = schema.safeParse(await response.json());
    if (parsed.success) return parsed.data;
    throw new DemoError(
      `The answer to ${what} is not what this version of the demo expects: use the demo of the pipeline's own version.\n${z.prettifyError(parsed.error)}`,
    );
  }

  /** Tries again what the pipeline asks to be sent again, and reads whose connection broke. */
  private async request(path: string, init: RequestInit): Promise<Response> {
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === ATTEMPTS_MAX;
      try {
        const response = await fetch(this.url + path, {
          ...init,
          signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
        });
        if (last || (response.status !== 429 && response.status !== 503)) return response;
        await response.arrayBuffer();
        await pause(Number(response.headers.get('retry-after') ?? 1) * 1_000);
      } catch (error) {
        if (last || init.method === 'POST' || !isInterruption(error)) {
          throw new DemoError(
            `No pipeline answers at ${this.url}: start one with "npm start", or give the URL of yours with --url.`,
          );
        }
        await pause(attempt * 500);
      }
    }
  }
}

/** Somebody was there, and the connection or the patience ended in the middle. */
function isInterruption(error: unknown): boolean {
  if (error instanceof Error && error.name === 'TimeoutError') return true;
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    cause instanceof Error &&
    'code' in cause &&
    ['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'].includes(String(cause.code))
  );
}

async function messageOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    return errorSchema.parse(JSON.parse(text)).message;
  } catch {
    return text.slice(0, 200);
  }
}
