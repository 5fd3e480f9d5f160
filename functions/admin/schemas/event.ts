import { z } from '@hono/zod-openapi';
import { EVENT_STATES } from '../../../adapters/event-item.ts';
import type { JsonObject } from '../../../core/json-value.ts';
import { UNMAPPED_REASONS } from '../../../core/unmapped-group.ts';
import {
  decimal,
  ID_LENGTH_MAX,
  nextCursor,
  queryCursor,
  queryLimit,
  queryText,
  queryTime,
  time,
} from './fields.ts';
import { pastSwitch } from './rule.ts';

export const eventsQuerySchema = z.strictObject({
  status: z
    .enum(EVENT_STATES, { error: 'Write received, mapped, unmapped, applied or quarantined.' })
    .optional()
    .openapi({ description: 'unmapped or quarantined; with userId any other, too' }),
  event: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'Only events of this name', example: 'Message Sent' }),
  featureId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'The featureId that the events name; with status=unmapped and event' }),
  userId: queryText(ID_LENGTH_MAX)
    .optional()
    .openapi({ description: 'All events of this user, newest first', example: 'user-42' }),
  allIds: pastSwitch('allIds').openapi({
    description: 'With userId: also the events of all ids that belong to the same user, by merges',
  }),
  from: queryTime.openapi({
    description:
      'Inclusive. Of the time that an event counts at; with status=quarantined, without userId, of its arrival.',
  }),
  to: queryTime.openapi({ description: 'Exclusive' }),
  cursor: queryCursor,
  limit: queryLimit(50, 100),
});

const head = {
  messageId: z.string(),
  status: z.enum(EVENT_STATES),
  type: z.enum(['identify', 'track']),
  event: z.string().optional().openapi({ description: 'The event name; only for track' }),
  userId: z.string(),
  timestamp: time.openapi({ description: 'The time that it counts at' }),
  receivedAt: time,
  reason: z.enum(UNMAPPED_REASONS).optional().openapi({ description: 'Why it is unmapped' }),
  conflict: z
    .boolean()
    .openapi({ description: 'Whether another body came under this messageId, and was refused' }),
};

const EXAMPLE = {
  messageId: 'ajs-7f1c',
  status: 'mapped',
  type: 'track',
  event: 'Message Sent',
  userId: 'user-42',
  timestamp: '2026-11-23T14:05:00.000Z',
  receivedAt: '2026-11-23T14:05:01.000Z',
  conflict: false,
};

export const eventSummarySchema = z
  .object({
    ...head,
    error: z
      .string()
      .optional()
      .openapi({ description: 'Why it is quarantined: the kind of failure, and a sentence' }),
  })
  .openapi('EventSummary', { example: EXAMPLE });

export const eventsSchema = z
  .object({ events: z.array(eventSummarySchema), cursor: nextCursor })
  .openapi('Events');

const outcomeSchema = z.object({
  decidedAt: time,
  generation: z
    .number()
    .int()
    .openapi({ description: 'Of the ruleset that decided; grows with every change of rules or features' }),
  uses: z
    .array(
      z.object({
        featureId: z.string(),
        delta: decimal,
        ruleId: z
          .string()
          .optional()
          .openapi({ description: 'Absent when the event named its feature itself' }),
        ruleVersion: z.number().int().optional(),
      }),
    )
    .readonly()
    .optional()
    .openapi({ description: 'What it counted for' }),
  identify: z
    .object({
      row: z.number().int(),
      effect: z.string(),
      refusal: z.string().optional(),
      mergeId: z.string().optional(),
    })
    .optional()
    .openapi({ description: 'Of an identify: the row of the decision table, and what it did' }),
  notes: z.array(z.string()).readonly().optional(),
  error: z.string().optional().openapi({ description: 'Why it is quarantined' }),
  revisions: z
    .array(
      z.object({
        kind: z.enum(['revert', 'recount']),
        ruleId: z.string(),
        belowVersion: z
          .number()
          .int()
          .openapi({ description: 'What versions below this one had counted was taken back' }),
        generation: z.number().int(),
        at: time,
        kept: z.boolean().openapi({
          description: 'Uses of other rules were kept; otherwise it was decided again as a whole',
        }),
      }),
    )
    .optional()
    .openapi({ description: 'The latest reverts and recounts that changed it, oldest first' }),
});

const detail = {
  ...head,
  timeNote: z
    .enum(['missing', 'invalid', 'future'])
    .optional()
    .openapi({ description: 'Why it counts at the time of its arrival instead of its own' }),
  conflictAt: time.optional().openapi({ description: 'When another body came under this messageId first' }),
  redriven: z
    .object({ at: time, by: z.string(), error: z.string().optional() })
    .optional()
    .openapi({ description: 'When it was last sent back from quarantine, and why it had been there' }),
  source: z.object({ dialect: z.enum(['webhook', 'tracking']), apiKeyId: z.string() }),
  outcome: outcomeSchema.optional().openapi({ description: 'Absent until it is processed' }),
};

/** An event without its body. */
export const eventHeadSchema = z.object(detail);

export const eventSchema = z
  .object({
    ...detail,
    body: z
      .custom<JsonObject>((value) => value !== undefined)
      .optional()
      .openapi({
        type: 'object',
        additionalProperties: true,
        description:
          'The event, with every digit as its sender wrote it; absent where what is stored of it is damaged',
      }),
  })
  .openapi('Event', {
    example: {
      ...EXAMPLE,
      source: { dialect: 'webhook', apiKeyId: 'key_0a1b2c3d4e5f6a7b' },
      outcome: {
        decidedAt: '2026-11-23T14:05:02.000Z',
        generation: 7,
        uses: [{ featureId: 'messages', delta: '3', ruleId: 'rul_0mgq1x2ab4f1c29d0e7b6', ruleVersion: 1 }],
      },
      body: {
        type: 'track',
        messageId: 'ajs-7f1c',
        userId: 'user-42',
        event: 'Message Sent',
        properties: { plan: 'pro', count: 3 },
      },
    },
  });

const unmappedGroupSchema = z
  .object({
    event: z.string(),
    featureId: z.string().optional().openapi({ description: 'The feature that the events name themselves' }),
    reason: z.enum(UNMAPPED_REASONS),
    count: z.number().int(),
    users: z.number().int().openapi({ description: 'How many users the group had, about: within some 15 %' }),
    usersApproximate: z.literal(true),
    firstSeen: time,
    lastSeen: time,
    sample: z
      .object({
        messageId: z.string(),
        properties: z.record(z.string(), z.unknown()),
        shortened: z
          .boolean()
          .openapi({ description: 'Whether properties were left out because they are large' }),
      })
      .optional()
      .openapi({ description: 'A recent event of the group' }),
  })
  .openapi('UnmappedGroup', {
    example: {
      event: 'Message Sent',
      reason: 'no_rule',
      count: 812,
      users: 64,
      usersApproximate: true,
      firstSeen: '2026-11-20T09:00:00.000Z',
      lastSeen: '2026-11-23T14:05:00.000Z',
      sample: { messageId: 'ajs-7f1c', properties: { plan: 'free' }, shortened: false },
    },
  });

export const unmappedGroupsSchema = z
  .object({
    groups: z.array(unmappedGroupSchema).openapi({ description: 'Largest first' }),
    cursor: nextCursor,
    complete: z.boolean().openapi({ description: 'false when there are more groups than are looked at' }),
  })
  .openapi('UnmappedGroups');

export const unmappedQuerySchema = z.strictObject({ cursor: queryCursor, limit: queryLimit(25, 50) });
