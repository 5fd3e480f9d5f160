import { Badge, Text } from '@mantine/core';
import type { FeedEntry } from '../../api/event-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { Time } from '../../parts/time.tsx';
import { EventState } from './event-state.tsx';
import { EventLink, UserLink } from './event-table.tsx';
import classes from './events.module.css';

/** Of the events of one entry, shown in the feed. */
const EVENTS_MAX = 5;

const DIALECTS = { webhook: 'Webhook', tracking: 'Tracking API' } as const;

/** One request, or several of one sender in a moment: what came of it. */
export function FeedEntryRow({ entry }: { readonly entry: FeedEntry }) {
  const hidden = entry.accepted - Math.min(entry.events.length, EVENTS_MAX);
  return (
    <li className={classes['entry']} data-refused={entry.rejections.length > 0 || undefined}>
      <div className={classes['entryHead']}>
        <Time at={entry.at} />
        <Text span size="sm" c="dimmed">
          {DIALECTS[entry.dialect]}
          {entry.apiKeyId === undefined ? ', without a valid key' : ''}
          {entry.requests > 1 && `, ${entry.requests.toLocaleString()} requests`}
        </Text>
      </div>
      <ul className={classes['outcomes']}>
        {entry.events.slice(0, EVENTS_MAX).map((event) => (
          <li key={event.messageId} className={classes['outcome']}>
            <EventState event={event} />
            <span className={classes['words']}>
              <EventLink event={event} /> <span className={classes['soft']}>by</span>{' '}
              <UserLink userId={event.userId} />
            </span>
          </li>
        ))}
        {hidden > 0 && (
          <li className={classes['soft']}>
            {entry.events.length === 0 ? '' : 'and '}
            {hidden.toLocaleString()} {entry.events.length === 0 ? 'accepted' : 'more accepted'}
          </li>
        )}
        {entry.duplicates > 0 && (
          <li className={classes['outcome']}>
            <Badge variant="light" color="gray">
              Known already
            </Badge>
            <span className={classes['soft']}>
              {entry.duplicates === 1
                ? 'One event that is stored already: it counts once, as it should'
                : `${entry.duplicates.toLocaleString()} events that are stored already: each counts once, as it should`}
            </span>
          </li>
        )}
        {entry.rejections.map(({ code, message, count }) => (
          <li key={`${code} ${message}`} className={classes['outcome']}>
            <Badge variant="light" color="red">
              {count > 1 ? `Refused ${count.toLocaleString()} times` : 'Refused'}
            </Badge>
            <span className={classes['words']}>
              <EventText lengthMax={300}>{message}</EventText>
            </span>
          </li>
        ))}
        {entry.accepted === 0 && entry.duplicates === 0 && entry.rejections.length === 0 && (
          <li className={classes['soft']}>Accepted, with nothing to store</li>
        )}
      </ul>
    </li>
  );
}
