import { queryOptions } from '@tanstack/react-query';
import { api, read, type Schema } from './client.ts';

export type EventSummary = Schema<'EventSummary'>;
export type EventStatus = EventSummary['status'];
export type FeedEntry = Schema<'FeedEntry'>;
export type Explanation = Schema<'Explanation'>;
export type RuleVerdict = Schema<'RuleVerdict'>;

export interface EventFilter {
  readonly status?: 'unmapped' | 'quarantined';
  readonly event?: string;
  readonly featureId?: string;
  readonly userId?: string;
  readonly from?: string;
  readonly to?: string;
}

export const eventsPage = async (filter: EventFilter, cursor: string | undefined, limit = 50) => {
  const query = { ...filter, limit, ...(cursor !== undefined && { cursor }) };
  return await read(api.GET('/api/events', { params: { query } }));
};

export const explanationOf = (messageId: string) =>
  queryOptions({
    queryKey: ['events', messageId, 'explanation'],
    queryFn: async ({ signal }) =>
      await read(api.GET('/api/events/{messageId}/explain', { params: { path: { messageId } }, signal })),
  });

/** What was sent, as text: read as JSON here, large numbers would lose digits. Null where it cannot be read any more. */
export const bodyOf = (messageId: string) =>
  queryOptions({
    queryKey: ['events', messageId, 'body'],
    queryFn: async ({ signal }) => {
      const request = api.GET('/api/events/{messageId}', {
        params: { path: { messageId } },
        parseAs: 'text',
        signal,
      });
      const text = await read(request);
      // The body is the last field. Within a text the quotes would have backslashes.
      const start = text.indexOf(BODY);
      return start === -1 ? null : text.slice(start + BODY.length, text.lastIndexOf('}'));
    },
    staleTime: Infinity,
  });

const BODY = ',"body":';
