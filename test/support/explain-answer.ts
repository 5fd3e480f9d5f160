import * as z from 'zod';

/** What `GET /api/events/{messageId}/explain` tells of an event, as far as tests look at it. */
export const explainAnswer = z.object({
  status: z.string(),
  event: z.unknown().optional(),
  steps: z.array(
    z.object({
      kind: z.string(),
      title: z.string(),
      detail: z.string().optional(),
      at: z.string().optional(),
      data: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
