// Times as people read them: in the zone and the language of the browser.

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const STEPS = [
  ['year', 365 * 86_400_000],
  ['month', 30 * 86_400_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

export const localTime = (date: Date): string => local.format(date);

/** `2026-11-23 14:05:00.000 UTC` */
export const utcTime = (date: Date): string => date.toISOString().replace('T', ' ').replace('Z', ' UTC');

/** "5 minutes ago"; within the last minute "just now". */
export function relativeTime(date: Date, now: number): string {
  const difference = date.getTime() - now;
  for (const [unit, length] of STEPS) {
    if (Math.abs(difference) >= length) return relative.format(Math.trunc(difference / length), unit);
  }
  return 'just now';
}
