import type { JsonValue } from './json-value.ts';
import type { Dialect } from './segment-event.ts';

// When an event happened, from what its sender wrote. Times are epoch milliseconds. Texts are read by hand and not by
// Date.parse, which reads a text without zone in the zone of the machine, takes 30 February for 1 March, and differs
// between engines in what else it accepts.

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const FUTURE_MAX_MS = DAY_MS;
/** Longer than any form below with 30 fraction digits: a bound on the work, not on the meaning. */
const TEXT_LENGTH_MAX = 64;

/**
 * ISO 8601 and RFC 3339 as senders write them: fractions of any length (Python 6, .NET 7, Go 9 digits), offsets with or
 * without colon, a space for the T, and parts without leading zero, which Segment's own documentation has
 * (`2015-2-02T00:30:08.276Z`).
 */
const ISO =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]| +)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d+))?)? ?(?:([Zz])|([+-])(\d{2})(?::?(\d{2}))?)?)?$/;

/** Gson's old default of analytics-java, `Nov 18, 2021, 2:45:07 PM`. Newer JDKs write U+202F before PM, which \s covers. */
const GSON = /^([A-Za-z]{3})\s+(\d{1,2}),\s*(\d{4}),?\s+(\d{1,2}):(\d{2}):(\d{2})\s*([AaPp])[Mm]$/;

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/**
 * Epoch milliseconds, rounded down; undefined for what is not a string, not a date that exists, or outside 1970–9999.
 * A text without zone is UTC. The hour 24 and leap seconds are not taken.
 */
export function parseTimestamp(value: JsonValue | undefined): number | undefined {
  if (typeof value !== 'string' || value.length > TEXT_LENGTH_MAX) return undefined;
  const text = value.trim();
  const time = parseIso(text) ?? parseGson(text);
  return time !== undefined && time >= 0 && time <= LATEST_MS ? time : undefined;
}

export interface EventTimeFields {
  readonly timestamp?: JsonValue | undefined;
  readonly originalTimestamp?: JsonValue | undefined;
  readonly sentAt?: JsonValue | undefined;
  /** Epoch milliseconds of our own clock. */
  readonly receivedAt: number;
  readonly dialect: Dialect;
}

export interface EventTime {
  readonly time: number;
  /** Why `time` is that of arrival; absent when it is the sender's. */
  readonly note?: 'missing' | 'invalid' | 'future';
}

/**
 * The time an event counts at. Segment has corrected `timestamp` before a webhook gets it, so there it is taken as it
 * is. An SDK sends the time of a clock that may be wrong, and `sentAt` by the same clock: the age between the two is
 * right even then, so it is taken from the time of arrival. Null is as good as absent. An unreadable `sentAt` only
 * costs the correction.
 */
export function eventTime(fields: EventTimeFields): EventTime {
  const { timestamp, originalTimestamp, receivedAt, dialect } = fields;
  const written =
    (dialect === 'webhook' ? (timestamp ?? originalTimestamp) : (originalTimestamp ?? timestamp)) ?? null;
  if (written === null) return { time: receivedAt, note: 'missing' };
  const original = parseTimestamp(written);
  if (original === undefined) return { time: receivedAt, note: 'invalid' };
  const sentAt = dialect === 'tracking' ? parseTimestamp(fields.sentAt) : undefined;
  const time = sentAt === undefined ? original : receivedAt - (sentAt - original);
  if (time < 0) return { time: receivedAt, note: 'invalid' };
  if (time > receivedAt + FUTURE_MAX_MS) return { time: receivedAt, note: 'future' };
  return { time };
}

/** `2021-11-18T14:45:07.000Z`: UTC, always with milliseconds, so that texts sort as times do. */
export const toIso = (time: number): string => new Date(time).toISOString();

/** The UTC day as `YYYY-MM-DD`, and the hour of it from 0 to 23. */
export function hourOf(time: number): { day: string; hour: number } {
  return { day: toIso(time).slice(0, 10), hour: hourOfDay(time) };
}

/** The hour of the UTC day, from 0 to 23. */
export const hourOfDay = (time: number): number => Math.floor((time % DAY_MS) / HOUR_MS);

/** Which UTC day it is, counted from 1970: tells days apart without writing them. */
export const dayNumberOf = (time: number): number => Math.floor(time / DAY_MS);

/** When a day of `hourOf` begins, in epoch milliseconds; throws a RangeError for what is not such a day. */
export function dayStart(day: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(day) ? parseTimestamp(day) : undefined;
  if (time === undefined) throw new RangeError('A day must be a date such as 2021-11-18, from 1970 on.');
  return time;
}

function parseIso(text: string): number | undefined {
  const match = ISO.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign] = match;
  const local = utcTime(
    Number(year),
    Number(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const offset = sign === undefined ? 0 : offsetMs(sign, Number(match[10]), Number(match[11] ?? '0'));
  if (local === undefined || offset === undefined) return undefined;
  return local + Number(fraction.slice(0, 3).padEnd(3, '0')) - offset;
}

function offsetMs(sign: string, hours: number, minutes: number): number | undefined {
  if (hours > 23 || minutes > 59) return undefined;
  return (sign === '-' ? -1 : 1) * (hours * HOUR_MS + minutes * MINUTE_MS);
}

function parseGson(text: string): number | undefined {
  const match = GSON.exec(text);
  if (match === null) return undefined;
  const [, monthName = '', day, year, hour, minute, second, half = ''] = match;
  const clockHour = Number(hour);
  if (clockHour < 1 || clockHour > 12) return undefined;
  return utcTime(
    Number(year),
    // 0 when it is no month, which utcTime refuses.
    MONTHS.indexOf(monthName.toLowerCase()) + 1,
    Number(day),
    (clockHour % 12) + (half.toLowerCase() === 'p' ? 12 : 0),
    Number(minute),
    Number(second),
  );
}

/** `month` counts from 1. Undefined unless the date and the time of day exist. */
function utcTime(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
): number | undefined {
  // Date.UTC takes the years 0–99 for 1900–1999; 1969 may still become 1970 by its offset.
  if (year < 1969 || hour > 23 || minute > 59 || second > 59) return undefined;
  const midnight = Date.UTC(year, month - 1, day);
  const date = new Date(midnight);
  // A day or month that does not exist rolls over into another.
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return midnight + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
}
