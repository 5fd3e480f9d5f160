import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import type { JsonValue } from '../../../core/json-value.ts';
import {
  dayStart,
  eventTime,
  hourOf,
  parseTimestamp,
  toIso,
  type EventTimeFields,
} from '../../../core/timestamp.ts';

const readAs = (value: JsonValue | undefined): string | undefined => {
  const time = parseTimestamp(value);
  return time === undefined ? undefined : toIso(time);
};

const FORMS: [string, string][] = [
  // analytics.js, analytics-node
  ['2021-11-18T14:45:07.123Z', '2021-11-18T14:45:07.123Z'],
  // analytics-python
  ['2021-11-18T14:45:07.123456+00:00', '2021-11-18T14:45:07.123Z'],
  ['2021-11-18T14:45:07+00:00', '2021-11-18T14:45:07.000Z'],
  // analytics-go: RFC 3339 with nanoseconds and the local offset
  ['2021-11-18T16:45:07.123456789+02:00', '2021-11-18T14:45:07.123Z'],
  ['2021-11-18T09:15:07.999999999-05:30', '2021-11-18T14:45:07.999Z'],
  // Analytics.NET
  ['2021-11-18T14:45:07.1234567Z', '2021-11-18T14:45:07.123Z'],
  ['2021-11-18T14:45:07.1Z', '2021-11-18T14:45:07.100Z'],
  ['2021-11-18T14:45:07Z', '2021-11-18T14:45:07.000Z'],
  ['2021-11-18T14:45Z', '2021-11-18T14:45:00.000Z'],
  ['2021-11-18', '2021-11-18T00:00:00.000Z'],
  ['2021-11-18 14:45:07', '2021-11-18T14:45:07.000Z'],
  ['2021-11-18 14:45:07.5', '2021-11-18T14:45:07.500Z'],
  ['2021-11-18 14:45:07 +0200', '2021-11-18T12:45:07.000Z'],
  ['2021-11-18T14:45:07', '2021-11-18T14:45:07.000Z'],
  ['2021-11-18T14:45:07+02', '2021-11-18T12:45:07.000Z'],
  ['2021-11-18t14:45:07z', '2021-11-18T14:45:07.000Z'],
  [' 2021-11-18T14:45:07Z\n', '2021-11-18T14:45:07.000Z'],
  // Segment's documentation of batches
  ['2015-2-02T00:30:08.276Z', '2015-02-02T00:30:08.276Z'],
  ['2015-2-2T0:30:08.276Z', '2015-02-02T00:30:08.276Z'],
  // analytics-java with Gson's default date format
  ['Nov 18, 2021, 2:45:07 PM', '2021-11-18T14:45:07.000Z'],
  ['Nov 18, 2021 2:45:07 PM', '2021-11-18T14:45:07.000Z'],
  ['Nov 18, 2021, 2:45:07\u202fPM', '2021-11-18T14:45:07.000Z'],
  ['Jan 1, 2021, 12:00:00 AM', '2021-01-01T00:00:00.000Z'],
  ['Dec 31, 2021, 12:00:00 PM', '2021-12-31T12:00:00.000Z'],
  // The edges
  ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
  ['1969-12-31T23:00:00-05:00', '1970-01-01T04:00:00.000Z'],
  ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999Z'],
  ['2020-02-29T00:00:00Z', '2020-02-29T00:00:00.000Z'],
  ['2000-02-29', '2000-02-29T00:00:00.000Z'],
];

test.each(FORMS)('%j is %s', (written, iso) => {
  expect(readAs(written)).toBe(iso);
});

test.each<[JsonValue | undefined]>(
  // prettier-ignore
  [
    '2021-02-30', '2021-02-29', '1900-02-29', '2021-04-31T00:00:00Z', '2021-13-01', '2021-00-10', '2021-01-00',
    '2021-01-32', '2021-01-01T24:00:00Z', '2021-01-01T25:00:00Z', '2021-01-01T23:60:00Z', '2021-01-01T23:59:60Z',
    '2021-01-01T10:00:00+24:00', '2021-01-01T10:00:00+01:60', '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00+00:01', '0001-01-01T00:00:00Z', '0099-01-01', '10000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-00:01', '+012021-01-01T00:00:00Z', '2021-01', '2021', '20210101', '2021/01/01', '01-02-2021',
    '2021-01-01T', '2021-01-01T10', '2021-01-01T10:00:00.Z', '2021-01-01T10:00:00ZZ', '2021-01-01Z',
    '2021-01-01T10:00:00 CET', '2021-01-01T10:00:00Z; drop', '٢٠٢١-01-01', 'Feb 30, 2021, 2:45:07 PM',
    'Foo 18, 2021, 2:45:07 PM', 'Nov 18, 2021, 13:45:07 PM', 'Nov 18, 2021, 0:45:07 AM', 'Nov 18, 2021, 2:60:07 PM',
    'Nov 18, 2021, 2:45:07', 'Nov 18, 1969, 2:45:07 PM',
    'now', 'yesterday', '', ' ', 'Invalid Date', '1637246707',
    1637246707000, 0, null, undefined, true, [], ['2021-01-01'], {}, { $date: '2021-01-01' },
  ].map((value): [JsonValue | undefined] => [value]),
)('%j is no time', (value) => {
  expect(parseTimestamp(value)).toBeUndefined();
});

test('a text that is too long to be a time is none', () => {
  expect(parseTimestamp(`2021-01-01${' '.repeat(100_000)}`)).toBeUndefined();
  expect(parseTimestamp(`2021-01-01T10:00:00.${'1'.repeat(100_000)}Z`)).toBeUndefined();
});

test.each(['Pacific/Auckland', 'America/St_Johns', 'Asia/Kathmandu', 'UTC'])(
  'a machine in %s reads every form alike',
  async (zone) => {
    const script = `
      const { parseTimestamp, hourOf, toIso } = await import(process.argv[1]);
      const forms = JSON.parse(process.argv[2]);
      const read = forms.map((form) => toIso(parseTimestamp(form)));
      console.log(JSON.stringify({ offset: new Date(0).getTimezoneOffset(), read, hour: hourOf(0) }));`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        '--input-type=module',
        '-e',
        script,
        new URL('../../../core/timestamp.ts', import.meta.url).href,
        JSON.stringify(FORMS.map(([written]) => written)),
      ],
      { env: { ...process.env, TZ: zone, NODE_OPTIONS: '' } },
    );
    const answer: unknown = JSON.parse(stdout);
    expect(answer).toEqual({
      // The zone did take effect.
      offset: zone === 'UTC' ? 0 : expect.any(Number),
      read: FORMS.map(([, iso]) => iso),
      hour: { day: '1970-01-01', hour: 0 },
    });
    if (zone !== 'UTC') expect(answer).not.toHaveProperty('offset', 0);
  },
);

describe('the time an event counts at', () => {
  const receivedAt = Date.UTC(2024, 4, 6, 12, 0, 0);
  const HOUR = 3_600_000;
  const at = (time: number): string => toIso(time);
  const timeOf = (fields: Partial<EventTimeFields>): { time: string; note?: string } => {
    const { time, note } = eventTime({ dialect: 'tracking', receivedAt, ...fields });
    return { time: at(time), ...(note !== undefined && { note }) };
  };
  const arrival = (note: string) => ({ time: at(receivedAt), note });

  test('tracking: a clock an hour ahead is corrected by its own sentAt', () => {
    for (const skew of [HOUR, -HOUR, 400 * 24 * HOUR]) {
      const sentAt = at(receivedAt + skew);
      const timestamp = at(receivedAt + skew - 90_000);
      expect(timeOf({ timestamp, sentAt })).toEqual({ time: at(receivedAt - 90_000) });
      expect(timeOf({ originalTimestamp: timestamp, sentAt })).toEqual({ time: at(receivedAt - 90_000) });
    }
  });

  test('tracking: originalTimestamp comes before timestamp', () => {
    const fields = { originalTimestamp: at(receivedAt - HOUR), timestamp: at(receivedAt - 2 * HOUR) };
    expect(timeOf(fields)).toEqual({ time: at(receivedAt - HOUR) });
  });

  test.each<[string, JsonValue | undefined]>([
    ['missing', undefined],
    ['null', null],
    ['unreadable', 'soon'],
  ])('tracking: with a sentAt that is %s the time is taken as it is', (_, sentAt) => {
    expect(timeOf({ timestamp: '2020-01-01T00:00:00Z', sentAt })).toEqual({
      time: '2020-01-01T00:00:00.000Z',
    });
  });

  test('tracking: a backfill keeps its old date', () => {
    expect(timeOf({ timestamp: '1971-01-01', sentAt: at(receivedAt) })).toEqual({
      time: '1971-01-01T00:00:00.000Z',
    });
  });

  test('webhook: timestamp is taken as it is, whatever else is there', () => {
    expect(
      timeOf({
        dialect: 'webhook',
        timestamp: at(receivedAt - HOUR),
        originalTimestamp: at(receivedAt - 5 * HOUR),
        sentAt: at(receivedAt - 3 * HOUR),
      }),
    ).toEqual({ time: at(receivedAt - HOUR) });
  });

  test('webhook: originalTimestamp stands in for a missing timestamp, uncorrected', () => {
    for (const timestamp of [undefined, null])
      expect(
        timeOf({
          dialect: 'webhook',
          timestamp,
          originalTimestamp: at(receivedAt - HOUR),
          sentAt: at(receivedAt - HOUR),
        }),
      ).toEqual({ time: at(receivedAt - HOUR) });
  });

  describe.each(['webhook', 'tracking'] as const)(
    '%s: arrival stands in, with the reason, when',
    (dialect) => {
      test('no time was sent', () => {
        expect(timeOf({ dialect })).toEqual(arrival('missing'));
        expect(timeOf({ dialect, timestamp: null, originalTimestamp: null, sentAt: at(0) })).toEqual(
          arrival('missing'),
        );
      });

      test.each<[JsonValue]>([['yesterday'], [''], [1715000000000], ['2024-02-30T00:00:00Z'], [{}], [false]])(
        'the time is %j',
        (timestamp) => {
          expect(timeOf({ dialect, timestamp })).toEqual(arrival('invalid'));
        },
      );

      test('it is more than 24 hours ahead, and not before', () => {
        const day = 24 * HOUR;
        expect(timeOf({ dialect, timestamp: at(receivedAt + day) })).toEqual({ time: at(receivedAt + day) });
        expect(timeOf({ dialect, timestamp: at(receivedAt + day + 1) })).toEqual(arrival('future'));
        expect(timeOf({ dialect, timestamp: '9999-12-31T23:59:59Z' })).toEqual(arrival('future'));
      });

      test('it is before 1970', () => {
        expect(timeOf({ dialect, timestamp: '1969-12-31T23:59:59Z' })).toEqual(arrival('invalid'));
        expect(timeOf({ dialect, timestamp: '0001-01-01T00:00:00Z' })).toEqual(arrival('invalid'));
      });
    },
  );

  test('tracking: a correction that leads before 1970 is invalid', () => {
    const fields = { timestamp: '1970-01-01T00:00:00Z', sentAt: at(receivedAt + HOUR) };
    expect(timeOf(fields)).toEqual(arrival('invalid'));
  });
});

describe('UTC days and hours', () => {
  test.each([
    ['2021-11-18T00:00:00.000Z', '2021-11-18', 0],
    ['2021-11-18T23:59:59.999Z', '2021-11-18', 23],
    ['2024-02-29T12:59:59.999Z', '2024-02-29', 12],
    ['1970-01-01T00:00:00.000Z', '1970-01-01', 0],
    ['9999-12-31T23:59:59.999Z', '9999-12-31', 23],
  ])('%s is in %s, hour %i', (iso, day, hour) => {
    expect(hourOf(parseTimestamp(iso) ?? Number.NaN)).toEqual({ day, hour });
  });

  test('a day starts at its midnight in UTC', () => {
    expect(dayStart('2021-11-18')).toBe(Date.UTC(2021, 10, 18));
    expect(dayStart('1970-01-01')).toBe(0);
  });

  test.each(['2021-02-30', '2021-1-1', '2021-11-18T00:00', '', 'x', '1969-12-31'])('%j is no day', (day) => {
    expect(() => dayStart(day)).toThrow(RangeError);
  });
});
