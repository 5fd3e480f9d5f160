import { z } from '@hono/zod-openapi';
import { time, writtenText } from './fields.ts';

export const signInSchema = z
  .strictObject({
    key: writtenText(512).openapi({
      description: 'The admin key, or an API key with the scope read or admin',
    }),
  })
  .openapi('SignIn', { example: { key: 'the admin key' } });

export const sessionSchema = z
  .object({
    caller: z.object({
      id: z.string().openapi({ description: 'The id of an API key, or admin-key' }),
      scope: z.enum(['read', 'admin']),
    }),
    csrfToken: z.string().openapi({
      description: 'Send it as X-CSRF-Token with every request but GET; the same for the session',
    }),
    expiresAt: time.openapi({ description: 'When it ends unless there are requests until then' }),
  })
  .openapi('Session', {
    example: {
      caller: { id: 'admin-key', scope: 'admin' },
      csrfToken: '3q2-7wG1sVb0kH6x0nJt9yq0cX8mZ4uR5eT1oP2aLdY',
      expiresAt: '2026-11-23T16:05:00.000Z',
    },
  });
