import { z } from '@hono/zod-openapi';
import { ENGAGE_NAME_LENGTH_MAX } from '../../../core/engage.ts';
import {
  count,
  decimal,
  ID_LENGTH_MAX,
  nextCursor,
  queryCursor,
  queryLimit,
  queryText,
  time,
} from './fields.ts';
import { mergeSchema } from './merge.ts';

export const usersQuerySchema = z.strictObject({
  query: queryText(ID_LENGTH_MAX).optional().openapi({
    description:
      'The beginning of a userId, case-sensitive. Ids of more than 128 characters, or with characters other than letters A–Z, digits, spaces and _ . : @ + / -, are found only by the whole id. Or a whole email, a whole billing id, or the whole id of a user that was merged: then it finds whoever has it.',
    example: 'user-',
  }),
  audience: queryText(ENGAGE_NAME_LENGTH_MAX).optional().openapi({
    description: 'Only users that are in this audience of Segment Engage; not together with query',
    example: 'first_time_shopper',
  }),
  billing: z.enum(['missing'], { error: 'Write missing, or leave this parameter out.' }).optional().openapi({
    description: 'missing: only users without a billing id; not together with query or audience',
  }),
  cursor: queryCursor,
  limit: queryLimit(50, 100),
});

const audienceSchema = z
  .object({
    member: z.boolean(),
    enteredAt: time.optional().openapi({ description: 'The latest entry' }),
    exitedAt: time.optional().openapi({ description: 'The latest exit' }),
  })
  .openapi('Audience');

const computedTraitSchema = z
  .object({ value: z.unknown().openapi({ description: 'Any JSON value' }), at: time })
  .openapi('ComputedTrait');

const nullableText = z.string().nullable();

const user = {
  userId: z.string(),
  userIds: z.array(z.string()).readonly().openapi({ description: 'Every id whose usage is this user’s' }),
  imported: z
    .boolean()
    .openapi({ description: 'Made by an import, and without a userId so far; its id begins with imp_' }),
  name: nullableText,
  email: nullableText,
  billingId: nullableText,
  billingProvider: z.enum(['stripe', 'chargebee']).nullable(),
  createdAt: time.openapi({ description: 'When the first event of this user arrived' }),
  audiences: z
    .record(z.string(), audienceSchema)
    .openapi({ description: 'By name: the audiences of Segment Engage that the user is or was in' }),
  computedTraits: z
    .record(z.string(), computedTraitSchema)
    .openapi({ description: 'By name: what Segment Engage computed about the user' }),
  flags: z
    .array(z.enum(['missing_billing', 'shared_email']))
    .openapi({ description: 'The boxes that the user is in' }),
};

const EXAMPLE = {
  userId: 'user-42',
  userIds: ['user-42'],
  imported: false,
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  billingId: 'cus_P1',
  billingProvider: 'stripe',
  createdAt: '2026-11-01T08:00:00.000Z',
  audiences: { first_time_shopper: { member: true, enteredAt: '2026-11-02T10:00:00.000Z' } },
  computedTraits: { total_revenue_180_days: { value: 450, at: '2026-11-02T10:00:00.000Z' } },
  flags: [],
};

export const userSchema = z.object(user).openapi('User', { example: EXAMPLE });

export const usersSchema = z
  .object({ users: z.array(userSchema).openapi({ description: 'By userId' }), cursor: nextCursor })
  .openapi('Users');

const fieldSourceSchema = z
  .object({
    at: time.openapi({ description: 'The time of the event that said so' }),
    messageId: z.string().optional(),
  })
  .openapi('FieldSource');

export const userDetailSchema = z
  .object({
    ...user,
    sources: z
      .object({
        name: fieldSourceSchema.optional(),
        email: fieldSourceSchema.optional(),
        billingId: fieldSourceSchema.optional(),
      })
      .openapi({ description: 'Which event each field came from' }),
    merges: z.array(mergeSchema).openapi({
      description: 'The merges that the user is made of, and those of its ids that were undone; latest first',
    }),
    usage: z.object({
      month: z.string().openapi({ example: '2026-11', description: 'The current month, UTC' }),
      features: z.array(z.object({ featureId: z.string(), sum: decimal, count })),
    }),
  })
  .openapi('UserDetail', {
    example: {
      ...EXAMPLE,
      sources: { email: { at: '2026-11-01T08:00:00.000Z', messageId: 'ajs-01' } },
      merges: [],
      usage: { month: '2026-11', features: [{ featureId: 'messages', sum: '12.5', count: 3 }] },
    },
  });
