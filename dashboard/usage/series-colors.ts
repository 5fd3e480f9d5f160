import { SERIES_MAX } from './usage-series.ts';

/** Paul Tol's "bright": told apart by people with any kind of colour blindness, on white and on black. */
const COLORS = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377'];
const REST = '#8a95a3';

export const colorOf = (index: number, featureId: string | undefined): string =>
  featureId === undefined || index >= SERIES_MAX ? REST : (COLORS[index] ?? REST);

interface ChartInk {
  readonly ink: string;
  readonly line: string;
  readonly grid: string;
}

/** Of what stands beside the series: a canvas does not know the colours of the page. */
export const chartInk = (scheme: 'light' | 'dark'): ChartInk =>
  scheme === 'dark'
    ? { ink: '#a3aebd', line: '#ffffff', grid: '#202935' }
    : { ink: '#566272', line: '#17202c', grid: '#e6ebef' };
