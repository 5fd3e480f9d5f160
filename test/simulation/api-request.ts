import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toFunctionUrlEvent } from './http-request.ts';
import { ADMIN_KEY } from './secret-values.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';
import type { wireAdmin } from './wire-admin.ts';

// What an administrator's program sends to the admin function, and how it reads the answer.

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly cookies: readonly string[];
  readonly text: string;
  readonly body: JsonRecord;
}

/** With the admin key, unless `authorization` is empty. */
export function toRequest(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  { body, text }: { readonly body?: unknown; readonly text?: string },
): APIGatewayProxyEventV2 {
  const event = toFunctionUrlEvent({
    method,
    path,
    headers,
    key: ADMIN_KEY,
    body: text ?? (body === undefined ? '' : JSON.stringify(body)),
  });
  const { cookie, authorization, ...rest } = { ...event.headers };
  return {
    ...event,
    headers: { ...rest, ...(authorization !== '' && { authorization }) },
    ...(cookie !== undefined && { cookies: [cookie] }),
  };
}

export function toAnswer({
  statusCode,
  headers,
  cookies,
  body,
}: Awaited<ReturnType<ReturnType<typeof wireAdmin>>>): Answer {
  const text = body ?? '';
  const isJson = String(headers?.['content-type'] ?? '').startsWith('application/json');
  const parsed: unknown = isJson ? JSON.parse(text) : undefined;
  return {
    status: statusCode ?? 0,
    headers: headers ?? {},
    cookies: cookies ?? [],
    text,
    body: isRecord(parsed) ? parsed : {},
  };
}
