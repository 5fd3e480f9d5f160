import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dayStart, eventTime, hourOf, parseTimestamp, toIso } from '../../core/timestamp.ts';

const RUNS = { seed: 20211118, numRuns: 2_000 };
const DAY_MS = 86_400_000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const time = fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) });

const pad = (value: number): string => String(value).padStart(2, '0');

test('a time written by JavaScript is read back', () => {
  fc.assert(
    fc.property(time, (ms) => {
      expect(parseTimestamp(toIso(ms))).toBe(ms);
    }),
    RUNS,
  );
});

test('an offset changes the text and not the time, and digits below the millisecond are cut', () => {
  fc.assert(
    fc.property(
      time,
      fc.integer({ min: -14 * 60, max: 14 * 60 }),
      fc.string({ unit: fc.constantFrom(...Array.from('0123456789')), maxLength: 6 }),
      fc.constantFrom('T', 't', ' '),
      (ms, minutes, finer, separator) => {
        const local = new Date(ms + 20 * DAY_MS + minutes * 60_000).toISOString().slice(0, -1);
        const offset = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
        fc.pre(!local.startsWith('+'));
        expect(parseTimestamp(`${local.replace('T', separator)}${finer}${offset}`)).toBe(ms + 20 * DAY_MS);
      },
    ),
    RUNS,
  );
});

test('the form of Gson is read to the second', () => {
  fc.assert(
    fc.property(time, fc.constantFrom(', ', ' '), (ms, comma) => {
      const date = new Date(ms);
      const hour = date.getUTCHours();
      const written =
        `${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCDate()}, ${date.getUTCFullYear()}${comma}` +
        `${hour % 12 === 0 ? 12 : hour % 12}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())} ${hour < 12 ? 'AM' : 'PM'}`;
      expect(parseTimestamp(written)).toBe(ms - (ms % 1000));
    }),
    RUNS,
  );
});

test('exactly the days of the calendar are dates', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1970, max: 9999 }),
      fc.integer({ min: 0, max: 14 }),
      fc.integer({ min: 0, max: 33 }),
      (year, month, day) => {
        const daysInMonth = month >= 1 && month <= 12 ? new Date(Date.UTC(year, month, 0)).getUTCDate() : 0;
        const exists = day >= 1 && day <= daysInMonth;
        expect(parseTimestamp(`${year}-${pad(month)}-${pad(day)}`)).toBe(
          exists ? Date.UTC(year, month - 1, day) : undefined,
        );
      },
    ),
    RUNS,
  );
});

test('any text is a time between 1970 and 9999 or none, never an exception', () => {
  const hostile = fc.string({
    unit: fc.constantFrom(...Array.from('0123456789-:TZ.+ ,PMNov')),
    maxLength: 30,
  });
  fc.assert(
    fc.property(fc.oneof(hostile, fc.string()), (text) => {
      const read = parseTimestamp(text);
      if (read !== undefined) expect(parseTimestamp(toIso(read))).toBe(read);
    }),
    { ...RUNS, numRuns: 10_000 },
  );
});

test('day and hour name the hour that holds the time', () => {
  fc.assert(
    fc.property(time, (ms) => {
      const { day, hour } = hourOf(ms);
      const start = dayStart(day) + hour * 3_600_000;
      expect(hour).toBeGreaterThanOrEqual(0);
      expect(hour).toBeLessThan(24);
      expect(ms - start).toBeGreaterThanOrEqual(0);
      expect(ms - start).toBeLessThan(3_600_000);
    }),
    RUNS,
  );
});

test('however wrong the clock of an SDK, the age of an event counts from its arrival', () => {
  const receivedAt = Date.UTC(2024, 4, 6, 12);
  fc.assert(
    fc.property(
      fc.integer({ min: -20 * 365, max: 20 * 365 }),
      fc.integer({ min: 0, max: 30 * DAY_MS }),
      (skewDays, age) => {
        const sentAt = receivedAt + skewDays * DAY_MS;
        expect(
          eventTime({
            timestamp: toIso(sentAt - age),
            sentAt: toIso(sentAt),
            receivedAt,
            dialect: 'tracking',
          }),
        ).toEqual({ time: receivedAt - age });
      },
    ),
    RUNS,
  );
});

test('a note is given exactly when arrival stands in, and a time is never in the future by more than a day', () => {
  const receivedAt = Date.UTC(2024, 4, 6, 12);
  const field = fc.oneof(time.map(toIso), fc.constantFrom(undefined, null, '', 'nonsense', 5));
  fc.assert(
    fc.property(
      field,
      field,
      field,
      fc.constantFrom('webhook' as const, 'tracking' as const),
      (timestamp, originalTimestamp, sentAt, dialect) => {
        const { time: counted, note } = eventTime({
          timestamp,
          originalTimestamp,
          sentAt,
          receivedAt,
          dialect,
        });
        expect(counted).toBeGreaterThanOrEqual(0);
        expect(counted).toBeLessThanOrEqual(receivedAt + DAY_MS);
        if (note !== undefined) expect(counted).toBe(receivedAt);
      },
    ),
    RUNS,
  );
});
