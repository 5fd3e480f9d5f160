import { z } from 'zod';

// A function's answer as the HTTP response that a Function URL makes of it: an object with a status code is the response,
// anything else is the body of a 200.

export interface UrlResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const responseSchema = z.object({
  statusCode: z.coerce.number().int().min(100).max(599),
  headers: z.record(z.string(), scalar).nullish(),
  cookies: z.array(z.string()).nullish(),
  body: z.string().nullish(),
  isBase64Encoded: z.boolean().nullish(),
});

/** The URL service sets these itself, or they belong to one connection. */
const DROPPED = new Set(['connection', 'content-length', 'keep-alive', 'transfer-encoding', 'upgrade']);
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// eslint-disable-next-line no-control-regex -- these are what must not get into a header
const UNSAFE = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/** Undefined: an answer that no response can be made of, which is the function's fault (502). */
export function toUrlResponse(payload: string): UrlResponse | undefined {
  const answer: unknown = JSON.parse(payload);
  if (typeof answer !== 'object' || answer === null || !('statusCode' in answer)) {
    return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(payload) };
  }
  const parsed = responseSchema.safeParse(answer);
  if (!parsed.success) return undefined;
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  const named = Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value] as const);
  const all = [...named.filter(([name]) => !DROPPED.has(name)), ...(cookies ?? []).map(toSetCookie)];
  if (all.some(([name, value]) => !NAME.test(name) || UNSAFE.test(value))) return undefined;
  const hasType = named.some(([name]) => name === 'content-type');
  return {
    status: statusCode,
    headers: hasType ? all : [['content-type', 'application/json'], ...all],
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function toSetCookie(cookie: string): readonly [string, string] {
  return ['set-cookie', cookie];
}
