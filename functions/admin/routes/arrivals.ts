import { createRoute } from '@hono/zod-openapi';
import { toIso } from '../../../core/timestamp.ts';
import { ArrivalWindows } from '../arrival-windows.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { arrivalsQuerySchema, arrivalsSchema } from '../schemas/arrivals.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { jsonAnswer } from '../schemas/json-content.ts';
import { windowRangeOf } from '../usage-range.ts';
import { daysOf } from '../usage-windows.ts';

const get = createRoute({
  ...operation('getArrivals'),
  tags: ['Events'],
  summary: 'Count the events that came in',
  description:
    'Per window of the time at which they were received, once they have been processed: all events, and how many track events no feature counted when they came. What becomes of an event later changes nothing here. There are at most 744 windows in a range, so the answer has no pages.',
  request: { query: arrivalsQuerySchema },
  responses: { 200: jsonAnswer('The counts', arrivalsSchema), ...errors(...KEYED) },
});

export function arrivalRoutes(app: AdminApp, { arrivals, now }: AdminDependencies): void {
  app.openapi(get, async (c) => {
    const query = c.req.valid('query');
    const { window } = query;
    const range = windowRangeOf(query, now());
    const windows = new ArrivalWindows(range, window);
    await arrivals.between(daysOf(range), (day) => {
      windows.add(day);
    });
    return c.json(
      {
        window,
        from: toIso(range.from),
        to: toIso(range.to),
        rows: windows.rows(),
        total: windows.total(),
      },
      200,
    );
  });
}
