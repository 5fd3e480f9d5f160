import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

// How commands talk to a pipeline: by its admin API, with the admin key, wherever it runs.

const REQUEST_TIMEOUT_MS = 30_000;

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
