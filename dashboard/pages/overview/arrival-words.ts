import type { Preset } from '../../usage/usage-range.ts';

const TIMES: Readonly<Record<Preset, string>> = {
  '24h': 'in the last 24 hours',
  '7d': 'in the last 7 days',
  '30d': 'in the last 30 days',
  '90d': 'in the last 90 days',
  '12m': 'in the last 12 months',
};

export const timeWords = (preset: Preset | undefined): string =>
  preset === undefined ? 'in this time' : TIMES[preset];

/** "3.2 %". Some are never said to be none, nor nearly all to be all. */
export function shareWords(part: number, whole: number): string {
  const percent = (part / whole) * 100;
  if (part > 0 && percent < 0.1) return `Less than ${(0.1).toLocaleString()} %`;
  if (part < whole && percent > 99.9) return `More than ${(99.9).toLocaleString()} %`;
  return `${percent.toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;
}

interface Counts {
  readonly track: number;
  readonly unmapped: number;
}

/** What became of the track events when they arrived, as half a sentence, up to the word that leads to the others. */
export function unmappedWords({ track, unmapped }: Counts): string {
  if (track === 0) return 'None of them was a track event';
  if (track === 1) return `The one track event was ${unmapped === 0 ? 'not ' : ''}unmapped on arrival`;
  const of = `${track.toLocaleString()} track events`;
  return unmapped === 0
    ? `None of the ${of} was unmapped on arrival`
    : `${shareWords(unmapped, track)} of the ${of} were unmapped on arrival`;
}
