import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';
import { InvalidCursorError } from '../../adapters/cursor.ts';
import { NEXT_CURSOR_HEADER } from './csv-answer.ts';
import type { AdminDependencies, AdminEnv } from './dependencies.ts';

// Cursors as callers see them. Inside, a cursor is the store's own key (adapters/cursor.ts), which may be somebody's id; a
// URL ends up in logs. So on its way out each is encrypted and authenticated for its list, and on its way in opened again:
// here, for all routes, none of which knows of it. One that was changed, made up, or given out by another list is refused.

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Behind the guard: only who may read a list makes the store be asked for the secret. */
export function sealedCursors({ cursorSecret }: AdminDependencies): MiddlewareHandler<AdminEnv> {
  return async (c, next) => {
    if (!['GET', 'HEAD'].includes(c.req.method)) {
      await next();
      return;
    }
    // Nothing, or more than one, is for the route's schema to refuse.
    const [sealed = '', ...more] = c.req.queries('cursor') ?? [];
    if (sealed !== '' && more.length === 0) {
      const url = new URL(c.req.url);
      url.searchParams.set('cursor', open(await cursorSecret.get(), c.req.path, sealed));
      c.req.raw = new Request(url, c.req.raw);
    }
    await next();
    await sealAnswer(c, cursorSecret);
  };
}

async function sealAnswer(
  c: Context<AdminEnv>,
  cursorSecret: AdminDependencies['cursorSecret'],
): Promise<void> {
  const inHeader = c.res.headers.get(NEXT_CURSOR_HEADER);
  if (inHeader !== null) {
    c.header(NEXT_CURSOR_HEADER, seal(await cursorSecret.get(), c.req.path, inHeader));
    return;
  }
  if (c.res.headers.get('content-type')?.startsWith('application/json') !== true) return;
  const text = await c.res.clone().text();
  // Most answers are no page, or the last one.
  if (!text.includes('"cursor":')) return;
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || !('cursor' in body) || typeof body.cursor !== 'string')
    return;
  const cursor = seal(await cursorSecret.get(), c.req.path, body.cursor);
  c.res = new Response(JSON.stringify({ ...body, cursor }), c.res);
}

function seal(secret: Uint8Array, list: string, cursor: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, secret, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(list));
  const sealed = Buffer.concat([cipher.update(cursor, 'base64url'), cipher.final()]);
  return Buffer.concat([nonce, sealed, cipher.getAuthTag()]).toString('base64url');
}

function open(secret: Uint8Array, list: string, sealed: string): string {
  const bytes = Buffer.from(sealed, 'base64url');
  // Several texts decode to the same bytes; only the one that was given out is taken.
  if (bytes.byteLength < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) throw foreign();
  const decipher = createDecipheriv(ALGORITHM, secret, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(list));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const opened = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return Buffer.concat(opened).toString('base64url');
  } catch {
    throw foreign();
  }
}

const foreign = (): InvalidCursorError =>
  new InvalidCursorError('The cursor is not one that this list gave out.');
