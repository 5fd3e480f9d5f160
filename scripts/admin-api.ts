import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import * as z from 'zod';

// How commands talk to a pipeline: by its admin API, with the admin key, wherever it runs.

const REQUEST_TIMEOUT_MS = 30_000;
const POLL_MS = 500;
/** Polls that may fail one after the other: the pipeline may be restarting. */
const FAILED_POLLS_MAX = 20;

/** What a person can mend: the message says how. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

export interface Upload {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class AdminApi {
  readonly url: string;
  private readonly key: string;

  /**
   * The key comes from TALLYHOOK_ADMIN_KEY, else from the folder DATA_DIR (.tallyhook) of a pipeline on this machine.
   * Throws CommandError for what is no URL, and where there is no key.
   */
  constructor(givenUrl = `http://127.0.0.1:${process.env['PORT'] || '4400'}`) {
    if (!/^https?:$/.test(URL.canParse(givenUrl) ? new URL(givenUrl).protocol : '')) {
      throw new CommandError('--url must be the URL of a pipeline, such as http://127.0.0.1:4400.');
    }
    this.url = givenUrl.replace(/\/+$/, '');
    this.key = adminKey();
  }

  /** The JSON of the answer. Throws CommandError for every answer that is not 2xx, with what the pipeline said. */
  async request(method: 'GET' | 'POST', path: string, upload?: Upload): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(this.url + path, {
        method,
        headers: {
          authorization: `Bearer ${this.key}`,
          ...(method === 'POST' && { 'idempotency-key': randomUUID() }),
          ...(upload !== undefined && { 'content-type': upload.contentType }),
        },
        ...(upload !== undefined && { body: upload.bytes }),
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      });
    } catch {
      throw new CommandError(
        `No pipeline answers at ${this.url}: start one with "npm start", or give the URL of yours with --url.`,
      );
    }
    const text = await response.text();
    if (response.status === 401 || response.status === 403) {
      throw new CommandError(
        `The pipeline at ${this.url} refuses the key: set TALLYHOOK_ADMIN_KEY, or DATA_DIR to the folder of this pipeline.`,
      );
    }
    if (!response.ok) {
      const said = messageIn(text);
      throw new CommandError(
        said !== undefined && response.status < 500
          ? said
          : `${method} ${path} was answered with ${String(response.status)} (${text.slice(0, 200)}): try again in a moment.`,
      );
    }
    return JSON.parse(text);
  }

  /** Asks for `work` at `path` until it runs no more, and returns it as it then is. `onStep` is told of each state. */
  async follow<Work extends { readonly status: string }>(
    started: Work,
    path: string,
    schema: z.ZodType<Work>,
    onStep: (work: Work) => void = () => undefined,
  ): Promise<Work> {
    let work = started;
    onStep(work);
    for (let failed = 0; work.status === 'running';) {
      await pause(POLL_MS);
      try {
        work = schema.parse(await this.request('GET', path));
        failed = 0;
      } catch (error) {
        if (!(error instanceof CommandError) || (failed += 1) > FAILED_POLLS_MAX) throw error;
      }
      onStep(work);
    }
    return work;
  }
}

/** Prints what a person can mend as a sentence, and everything else as it is; `run` returns whether all is well. */
export async function runCommand(run: () => Promise<boolean>): Promise<void> {
  try {
    if (!(await run())) process.exitCode = 1;
  } catch (error) {
    console.error(error instanceof CommandError ? error.message : error);
    process.exitCode = 1;
  }
}

/** The arguments of the command line. Throws CommandError with `usage` for those that there are not. */
export function argumentsOf<Config extends ParseArgsConfig>(config: Config, usage: string) {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new CommandError(`${error instanceof Error ? error.message : ''}\n\n${usage}`);
  }
}

function messageIn(text: string): string | undefined {
  try {
    return z.object({ message: z.string() }).parse(JSON.parse(text)).message;
  } catch {
    return undefined;
  }
}

function adminKey(): string {
  const given = process.env['TALLYHOOK_ADMIN_KEY'];
  if (given) return given;
  const file = join(process.env['DATA_DIR'] || '.tallyhook', 'keys.json');
  try {
    return z.object({ adminKey: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8'))).adminKey;
  } catch {
    throw new CommandError(
      `There is no key in ${file}: start the pipeline with "npm start" first, or set TALLYHOOK_ADMIN_KEY.`,
    );
  }
}
