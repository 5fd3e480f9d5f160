import { z } from '@hono/zod-openapi';
import { API_KEY_SCOPES, SIGNATURE_SECRETS_MAX } from '../../../adapters/api-keys.ts';
import { count, time, writtenText } from './fields.ts';

export const newKeySchema = z
  .strictObject({
    name: writtenText(100).openapi({ description: 'What the key is for', example: 'Segment webhook' }),
    scope: z
      .enum(API_KEY_SCOPES, { error: 'Write ingest, read or admin.' })
      .openapi({ description: 'ingest: send events; read: read everything but keys; admin: everything' }),
  })
  .openapi('NewKey', { example: { name: 'Segment webhook', scope: 'ingest' } });

export const keyChangeSchema = z
  .strictObject({
    signatureSecrets: z
      .array(writtenText(1_000), { error: 'Write a list of secrets.' })
      .max(SIGNATURE_SECRETS_MAX, { error: `Write at most ${String(SIGNATURE_SECRETS_MAX)} secrets.` })
      .openapi({
        description:
          'Shared secrets of Segment webhooks; of two, either is good, so that one can be replaced. With any, requests with this key need a valid signature; an empty list ends that. They are never shown.',
      }),
  })
  .openapi('KeyChange', { example: { signatureSecrets: ['the shared secret in Segment'] } });

const key = {
  id: z.string(),
  name: z.string(),
  scope: z.enum(API_KEY_SCOPES),
  prefix: z.string().openapi({ description: 'How the key begins, to tell keys apart' }),
  createdAt: time,
  revokedAt: time.optional(),
  signatureSecretCount: count.optional().openapi({ description: 'Absent when requests need no signature' }),
};

const EXAMPLE = {
  id: 'key_0a1b2c3d4e5f6a7b',
  name: 'Segment webhook',
  scope: 'ingest',
  prefix: 'th_ingest_Zk3v9qLm',
  createdAt: '2026-11-23T14:05:00.000Z',
};

export const keySchema = z.object(key).openapi('Key', { example: EXAMPLE });

const listedKeySchema = z
  .object({
    ...key,
    lastUsedAt: time.optional().openapi({
      description: 'The latest use, noted at most once an hour; absent when none was noted',
    }),
  })
  .openapi('ListedKey', { example: { ...EXAMPLE, lastUsedAt: '2026-11-24T09:00:00.000Z' } });

export const keysSchema = z
  .object({ keys: z.array(listedKeySchema).openapi({ description: 'Revoked ones included' }) })
  .openapi('Keys');

export const createdKeySchema = z
  .object({
    ...key,
    secret: z.string().openapi({ description: 'The key itself. It is shown this once and not kept.' }),
  })
  .openapi('CreatedKey', { example: { ...EXAMPLE, secret: 'th_ingest_Zk3v9qLmO2x7T0aB1cD4eF6gH8iJ5kMn' } });
