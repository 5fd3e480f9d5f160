import { addArrivals, NO_ARRIVALS, type ArrivalCounts, type ArrivalDay } from '../../core/arrivals.ts';
import { toIso } from '../../core/timestamp.ts';
import type { UsageWindow } from './schemas/usage.ts';
import { windowsOf, type HourRange } from './usage-windows.ts';

/** Counter rows of days become windows of hours, days or months, as those of usage do. */
export class ArrivalWindows {
  private readonly range: HourRange;
  private readonly window: UsageWindow;
  private readonly counts = new Map<number, ArrivalCounts>();

  constructor(range: HourRange, window: UsageWindow) {
    this.range = range;
    this.window = window;
  }

  add(day: ArrivalDay): void {
    for (const [start, counts] of windowsOf(this.range, this.window, day))
      this.counts.set(start, addArrivals(this.counts.get(start) ?? NO_ARRIVALS, counts));
  }

  /** By start. Windows in which nothing came are left out. */
  rows(): (ArrivalCounts & { readonly windowStart: string })[] {
    return [...this.counts]
      .sort(([left], [right]) => left - right)
      .map(([start, counts]) => ({ windowStart: toIso(start), ...counts }));
  }

  total(): ArrivalCounts {
    return [...this.counts.values()].reduce(addArrivals, NO_ARRIVALS);
  }
}
