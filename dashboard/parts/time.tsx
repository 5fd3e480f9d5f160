import { Tooltip } from '@mantine/core';
import { localTime, relativeTime, utcTime } from './time-format.ts';
import classes from './time.module.css';

interface TimeProps {
  /** ISO 8601, as the API writes times. */
  readonly at: string;
  /** `relative`: "5 minutes ago". @default local */
  readonly as?: 'local' | 'relative';
}

/** A time in the viewer's zone; on hover in UTC, which is what the API and logs say. */
export function Time({ at, as = 'local' }: TimeProps) {
  const date = new Date(at);
  const full = as === 'relative' ? `${localTime(date)} · ${utcTime(date)}` : utcTime(date);
  return (
    <Tooltip label={full}>
      <time dateTime={at} className={classes['time']}>
        {as === 'relative' ? relativeTime(date, Date.now()) : localTime(date)}
      </time>
    </Tooltip>
  );
}
