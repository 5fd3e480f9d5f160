import { SERIES_MAX } from './usage-series.ts';

/** Paul Tol's "bright": told apart by people with any kind of colour blindness, on white and on black. */
const COLORS = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377'];
const REST = '#8a95a3';

export const colorOf = (index: number, featureId: string | undefined): string =>
  featureId === undefined || index >= SERIES_MAX ? REST : (COLORS[index] ?? REST);
