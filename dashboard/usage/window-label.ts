import type { UsageWindow } from './usage-range.ts';

// Days and months are UTC's; an hour is the same hour everywhere and is shown in the viewer's zone.

const formats: Readonly<Record<UsageWindow, Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat(undefined, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }),
  day: new Intl.DateTimeFormat(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  }),
  month: new Intl.DateTimeFormat(undefined, { month: 'long', year: 'numeric', timeZone: 'UTC' }),
};

const shortFormats: Readonly<Record<UsageWindow, Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' }),
  month: new Intl.DateTimeFormat(undefined, { month: 'short', year: 'numeric', timeZone: 'UTC' }),
};

/** For the axis of a chart. */
export const shortWindowLabel = (start: number, window: UsageWindow): string =>
  shortFormats[window].format(start);

export const windowLabel = (start: number, window: UsageWindow): string => formats[window].format(start);

export const zoneOf = (window: UsageWindow): string => (window === 'hour' ? 'your time zone' : 'UTC');
