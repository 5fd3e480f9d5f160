import { randomUUID } from 'node:crypto';
import createClient, { type Client } from 'openapi-fetch';
import type { paths } from '../../../dashboard/api/openapi-types.ts';

// A client as a backend would have it: made from the OpenAPI document, and from nothing else.

export type ApiClient = Client<paths, 'application/json'>;

export interface ClientOptions {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Is told of every route that is called, as the document writes it: `GET /api/users/{userId}`. */
  readonly called: (route: string) => void;
}

export function apiClient({ url, headers = {}, called }: ClientOptions): ApiClient {
  const client = createClient<paths, 'application/json'>({ baseUrl: url, headers });
  client.use({
    onRequest({ request, schemaPath }) {
      called(`${request.method} ${schemaPath}`);
    },
  });
  return client;
}

export const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

/** The header of a change that is to be made once. */
export const once = (key: string = randomUUID()) => ({ header: { 'Idempotency-Key': key } });

interface Answered<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** What a good answer holds. Throws the error that the document promises for any other. */
export async function good<Data>(request: Promise<Answered<Data>>): Promise<NonNullable<Data>> {
  const { data, error, response } = await request;
  if (error !== undefined || data === undefined || data === null) throw unexpected(response, error);
  return data;
}

/** Of an answer without a body: that it is one. */
export async function done(request: Promise<Answered<unknown>>): Promise<void> {
  const { error, response } = await request;
  if (error !== undefined || response.status !== 204) throw unexpected(response, error);
}

/** How a request was refused. */
export async function refusal(
  request: Promise<{ readonly error?: { readonly code: string }; readonly response: Response }>,
): Promise<string> {
  const { error, response } = await request;
  return `${String(response.status)} ${error?.code ?? ''}`;
}

const unexpected = ({ status, url }: Response, error: unknown): Error =>
  new Error(`${String(status)} from ${url}: ${JSON.stringify(error)}`);
