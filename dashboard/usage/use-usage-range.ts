import { useMemo } from 'react';
import { useSearchParams } from 'wouter';
import {
  chosenRange,
  isPreset,
  readRange,
  type Preset,
  type UsageRange,
  type UsageWindow,
} from './usage-range.ts';
import type { Measure } from './usage-series.ts';

interface RangeInAddress {
  readonly range: UsageRange;
  /** The preset that it is, unless it was chosen by its ends. */
  readonly preset: Preset | undefined;
  readonly isCompared: boolean;
  readonly measure: Measure;
  readonly showPreset: (preset: Preset) => void;
  readonly showTime: (from: number, to: number) => void;
  readonly showWindow: (window: UsageWindow) => void;
  readonly compare: (isCompared: boolean) => void;
  readonly showMeasure: (measure: Measure) => void;
}

const HOUR = 3_600_000;

/** The time that is looked at. It stands in the address, so that it can be sent to somebody else. */
export function useUsageRange(): RangeInAddress {
  const [search, setSearch] = useSearchParams();
  const text = search.toString();
  // A new hour may begin while the page is open; the range moves on with it.
  const hour = Math.floor(Date.now() / HOUR);
  const range = useMemo(() => readRange(new URLSearchParams(text), Date.now()), [text, hour]);
  const change = (changes: Readonly<Record<string, string | undefined>>): void => {
    setSearch(
      (before) => {
        const next = new URLSearchParams(before);
        for (const [name, value] of Object.entries(changes)) {
          if (value === undefined) next.delete(name);
          else next.set(name, value);
        }
        return next;
      },
      { replace: true },
    );
  };
  const named = search.get('range');
  const hasEnds = search.has('from') && search.has('to');
  return {
    range,
    preset: hasEnds ? undefined : isPreset(named) ? named : '30d',
    isCompared: search.get('compare') === '1',
    measure: search.get('measure') === 'count' ? 'count' : 'sum',
    showPreset: (preset) => change({ range: preset, from: undefined, to: undefined, window: undefined }),
    showTime: (from, to) => {
      const chosen = chosenRange(from, to);
      change({
        range: undefined,
        window: undefined,
        from: new Date(chosen.from).toISOString(),
        to: new Date(chosen.to).toISOString(),
      });
    },
    showWindow: (window) => change({ window }),
    showMeasure: (measure) => change({ measure: measure === 'sum' ? undefined : measure }),
    compare: (isCompared) => change({ compare: isCompared ? '1' : undefined }),
  };
}
