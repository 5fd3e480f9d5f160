import { z } from '@hono/zod-openapi';
import { FEATURE_TYPES } from '../../../adapters/config-item.ts';
import { flag, nextCursor, orMissing, time, writtenText } from './fields.ts';

// Only plain characters, because a feature's id is part of the keys of its usage and is read back from them, and because
// it is written in events, URLs and spreadsheets.
const FEATURE_ID = /^[A-Za-z0-9_](?:[A-Za-z0-9 _.:@+/-]{0,98}[A-Za-z0-9_.:@+/-])?$/;

const NAME_LENGTH_MAX = 200;
const LABEL_LENGTH_MAX = 50;

const name = writtenText(NAME_LENGTH_MAX).openapi({ example: 'Messages' });
const type = z
  .enum(FEATURE_TYPES, { error: 'Write binary or consumable.' })
  .openapi({ description: 'binary: used or not; consumable: used by an amount', example: 'consumable' });
const label = writtenText(LABEL_LENGTH_MAX);
const removableLabel = label.nullable();

export const newFeatureSchema = z
  .strictObject({
    id: z
      .string({ error: orMissing('Write a text.') })
      .regex(FEATURE_ID, {
        error:
          'An id has 1 to 100 characters: letters A–Z, digits, spaces and _ . : @ + / -, and begins with a letter, a digit or _.',
      })
      .openapi({ description: 'What events carry as properties.featureId', example: 'messages' }),
    name: name.optional().openapi({ description: 'The id, unless given' }),
    type: type.default('consumable'),
    unitLabel: label.optional().openapi({ example: 'message' }),
    unitLabelPlural: label.optional().openapi({ example: 'messages' }),
    archived: flag.default(false),
  })
  .openapi('NewFeature', {
    example: {
      id: 'messages',
      name: 'Messages',
      type: 'consumable',
      unitLabel: 'message',
      unitLabelPlural: 'messages',
    },
  });

export const featureChangeSchema = z
  .strictObject({
    name: name.optional(),
    type: type.optional(),
    unitLabel: removableLabel.optional().openapi({ description: 'null removes it' }),
    unitLabelPlural: removableLabel.optional().openapi({ description: 'null removes it' }),
    archived: flag.optional(),
  })
  .openapi('FeatureChange', { example: { name: 'Chat messages' } });

export const featureSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.enum(FEATURE_TYPES),
    unitLabel: z.string().optional(),
    unitLabelPlural: z.string().optional(),
    archived: z.boolean(),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Feature', {
    example: {
      id: 'messages',
      name: 'Messages',
      type: 'consumable',
      unitLabel: 'message',
      unitLabelPlural: 'messages',
      archived: false,
      createdAt: '2026-11-23T14:05:00.000Z',
      updatedAt: '2026-11-23T14:05:00.000Z',
    },
  });

export const featuresSchema = z
  .object({ features: z.array(featureSchema), cursor: nextCursor })
  .openapi('Features');
