// Timing that can be believed on a busy machine. The subjects of a comparison run in turns, so that whatever slows the
// machine slows all of them; each turn is long enough to be timed; a figure is the median of the turns; and a ratio is
// the median of the ratios within each turn, with the spread of its middle half. A difference smaller than the spread
// is noise, and is called so.

export interface Subject {
  readonly name: string;
  /** One repetition of the work that is measured. */
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds of one repetition in each turn. */
  readonly samples: readonly number[];
  readonly medianMs: number;
  /** Width of the middle half of the samples. */
  readonly spreadMs: number;
}

export interface Ratio {
  readonly median: number;
  readonly spread: number;
}

export interface MeasureOptions {
  /** At least five. */
  readonly turns?: number;
  /** A turn of one subject lasts at least this long. */
  readonly turnMs?: number;
  /**
   * `wall` for work that waits for others; `thread` counts only the time that this thread was computing, so that other
   * programs on the machine can slow it (they share its caches) but not stop it.
   */
  readonly clock?: 'wall' | 'thread';
}

type Clock = () => number;

const CLOCKS: Readonly<Record<'wall' | 'thread', Clock>> = {
  wall: () => performance.now(),
  thread: () => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1_000;
  },
};

const TURNS = 15;
const TURN_MS = 40;

/** Times the subjects in turns, after one unmeasured turn. */
export async function measure<Name extends string>(
  subjects: readonly (Subject & { readonly name: Name })[],
  { turns = TURNS, turnMs = TURN_MS, clock = 'wall' }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const now = CLOCKS[clock];
  const repetitions = new Map<string, number>();
  const samples = new Map<string, number[]>();
  for (const subject of subjects) {
    repetitions.set(subject.name, await repetitionsFor(subject, turnMs, now));
    samples.set(subject.name, []);
  }
  for (let turn = 0; turn < turns; turn += 1) {
    for (let offset = 0; offset < subjects.length; offset += 1) {
      const subject = subjects[(turn + offset) % subjects.length];
      if (subject === undefined) continue;
      const count = repetitions.get(subject.name) ?? 1;
      samples.get(subject.name)?.push((await timeOf(subject, count, now)) / count);
    }
  }
  const timings: Partial<Record<Name, Timing>> = {};
  for (const { name } of subjects) timings[name] = timingOf(name, samples.get(name) ?? []);
  return complete(timings, subjects);
}

function complete<Name extends string>(
  timings: Partial<Record<Name, Timing>>,
  subjects: readonly { readonly name: Name }[],
): Record<Name, Timing> {
  const isComplete = (found: Partial<Record<Name, Timing>>): found is Record<Name, Timing> =>
    subjects.every(({ name }) => found[name] !== undefined);
  if (!isComplete(timings)) throw new Error('A subject was not measured.');
  return timings;
}

async function repetitionsFor(subject: Subject, turnMs: number, now: Clock): Promise<number> {
  let count = 1;
  for (;;) {
    const took = await timeOf(subject, count, now);
    if (took >= turnMs) return count;
    count = Math.max(count + 1, Math.min(count * 4, Math.ceil((count * turnMs) / Math.max(took, 0.001))));
  }
}

async function timeOf(subject: Subject, count: number, now: Clock): Promise<number> {
  const start = now();
  for (let at = 0; at < count; at += 1) {
    const result = subject.run();
    if (result instanceof Promise) await result;
  }
  return now() - start;
}

function timingOf(name: string, samples: readonly number[]): Timing {
  return { name, samples, medianMs: quantile(samples, 0.5), spreadMs: spreadOf(samples) };
}

/** How many times as long `subject` takes as `base`, judged turn by turn. */
export function ratioOf(subject: Timing, base: Timing): Ratio {
  const ratios = subject.samples.map((sample, turn) => sample / (base.samples[turn] ?? NaN));
  return { median: quantile(ratios, 0.5), spread: spreadOf(ratios) };
}

function spreadOf(samples: readonly number[]): number {
  return quantile(samples, 0.75) - quantile(samples, 0.25);
}

export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? NaN;
  const high = sorted[Math.ceil(at)] ?? NaN;
  return low + (high - low) * (at - Math.floor(at));
}
