import { z } from '@hono/zod-openapi';

export const connectionSchema = z
  .object({
    webhookUrl: z.string().openapi({ description: 'What a Segment webhook destination posts to' }),
    trackingApiUrl: z.string().openapi({ description: 'The tracking API for Segment’s SDKs' }),
  })
  .openapi('Connection', {
    example: {
      webhookUrl: 'https://events.example.com/segment',
      trackingApiUrl: 'https://events.example.com/v1',
    },
  });
