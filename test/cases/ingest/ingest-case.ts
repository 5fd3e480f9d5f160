import { createCipheriv, createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as z from 'zod';
import { INGEST_KEY } from '../../support/pipeline.ts';

// The table tests of ingest: requests as senders write them, in JSON, with the answer and what is stored afterwards. A file
// is a topic. `{KEY}` stands for an ingest key of the pipeline, `{BASIC}` for base64 of `KEY:`, `{REPEAT:n:text}` for n
// times that text, `{NOISE:n}` for n characters that do not compress.

const request = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  /** Replaces the default headers, which are those of the partner webhook. */
  headers: z.record(z.string(), z.string()).optional(),
  /** One of these is the body. */
  json: z.json().optional(),
  text: z.string().optional(),
  base64: z.string().optional(),
  gzip: z.boolean().optional(),
  /** Signs the raw body with this secret, as Segment does. */
  signWith: z.string().optional(),
});

const answer = z.strictObject({
  status: z.int(),
  /** Each of these members; arrays exactly. */
  body: z.json().optional(),
  /** What the message names. */
  says: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  /** Whether the first result has a messageId, as one that was assigned. */
  hasMessageId: z.boolean().optional(),
});

const caseSchema = z.strictObject({
  name: z.string(),
  /** What the key needs beside itself. */
  signatureSecrets: z.array(z.string()).optional(),
  request: request.optional(),
  answer: answer.optional(),
  /** Several requests, one after the other. */
  steps: z.array(z.strictObject({ request, answer })).optional(),
  then: z
    .strictObject({
      /** By messageId; null: not stored. */
      states: z.record(z.string(), z.string().nullable()).optional(),
      /** By messageId: the time it counts at. */
      times: z.record(z.string(), z.string()).optional(),
      timeNotes: z.record(z.string(), z.string()).optional(),
      reasons: z.record(z.string(), z.string()).optional(),
      /** By user: the sum of the feature `f1` on the day of the tests' clock. */
      usage: z.record(z.string(), z.string()).optional(),
      /** By user: what its profile says; null: there is no such user. */
      users: z.record(z.string(), z.record(z.string(), z.string()).nullable()).optional(),
      /** Codes of the rejections in the live feed. */
      feed: z.array(z.string()).optional(),
      /** How many events are stored. */
      events: z.int().optional(),
      /** messageIds under which another body came; those of the case that are not listed have none. */
      conflicts: z.array(z.string()).optional(),
      /** What stands in some stored body, or in none. */
      inBodies: z.array(z.string()).optional(),
      notInBodies: z.array(z.string()).optional(),
      /** By messageId: the characters of the stored body. */
      bodyLengths: z.record(z.string(), z.int()).optional(),
    })
    .optional(),
});

const fileSchema = z.strictObject({ about: z.string(), cases: z.array(caseSchema).min(1) });

export type IngestCase = z.infer<typeof caseSchema>;
export type CaseRequest = z.infer<typeof request>;
export type CaseAnswer = z.infer<typeof answer>;
export type CaseFile = z.infer<typeof fileSchema>;

export function readCaseFiles(): CaseFile[] {
  const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.json'));
  return files.map((name) =>
    fileSchema.parse(JSON.parse(readFileSync(join(import.meta.dirname, name), 'utf8'))),
  );
}

const PARTNER_HEADERS = {
  authorization: 'Basic {BASIC}',
  'user-agent': 'Segment.io/1.0',
  'content-type': 'application/json',
  accept: '*/*',
};

interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** A case's request as it goes over the wire. */
export function toWire(given: CaseRequest): WireRequest {
  const { method = 'POST', path = '/segment', headers = PARTNER_HEADERS, signWith } = given;
  const body = bodyOf(given);
  const signature = signWith === undefined ? {} : { 'x-signature': sign(signWith, body ?? new Uint8Array()) };
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) named[name] = fill(value);
  const chunked = Object.hasOwn(headers, 'transfer-encoding');
  const length = body === undefined || chunked ? {} : { 'content-length': String(body.byteLength) };
  return { method, path: fill(path), headers: { ...named, ...length, ...signature }, body };
}

const sign = (secret: string, body: Uint8Array): string =>
  createHmac('sha1', secret).update(body).digest('hex');

function bodyOf({ json, text, base64, gzip }: CaseRequest): Uint8Array | undefined {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  const written = json === undefined ? text : JSON.stringify(json);
  if (written === undefined) return undefined;
  const bytes = Buffer.from(fill(written));
  return gzip === true ? gzipSync(bytes) : bytes;
}

const fill = (text: string): string =>
  text
    .replaceAll('{KEY}', INGEST_KEY)
    .replaceAll('{BASIC}', Buffer.from(`${INGEST_KEY}:`).toString('base64'))
    .replaceAll('{BASIC_WITHOUT_COLON}', Buffer.from(INGEST_KEY).toString('base64'))
    .replaceAll(/\{REPEAT:(\d+):([^}]*)\}/g, (_, times: string, what: string) => what.repeat(Number(times)))
    .replaceAll(/\{NOISE:(\d+)\}/g, (_, length: string) => noise(Number(length)));

/** The same for every run: the keystream of a fixed key, as base64url. */
function noise(length: number): string {
  const stream = createCipheriv('aes-128-ctr', new Uint8Array(16), new Uint8Array(16));
  return stream.update(new Uint8Array(length)).toString('base64url').slice(0, length);
}
