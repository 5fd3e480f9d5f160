import { figureOf, quantile, ratioOfTurns, type Figure } from './spread.ts';

// Timing that can be believed on a busy machine. The subjects of a comparison run in turns, so that whatever slows the
// machine slows all of them. A turn runs the work in short bursts and takes their lower quartile: bursts that were
// interrupted by another program are not counted. A figure is the median of the turns, and a ratio the median of the
// ratios within each turn, with the spread of its middle half. A difference smaller than the spread is noise, and is
// called so.

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

export interface MeasureOptions {
  /** At least five. */
  readonly turns?: number;
  /** A turn of one subject lasts at least this long. */
  readonly turnMs?: number;
  /**
   * `wall` unless given. `thread` counts only the time that this thread was computing: for work whose one repetition is
   * too long to fit between two interruptions. It is coarse: some kernels only count whole milliseconds.
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
/** Well below the slice of time that Linux gives a process before another one runs. */
const BURST_MS = 1;
const WARM_UP_RUNS = 10;

/** Times the subjects in turns. */
export async function measure<Name extends string>(
  subjects: readonly (Subject & { readonly name: Name })[],
  { turns = TURNS, turnMs = TURN_MS, clock = 'wall' }: MeasureOptions = {},
): Promise<Record<Name, Timing>> {
  const now = CLOCKS[clock];
  const prepared = [];
  for (const subject of subjects) {
    prepared.push({ subject, count: await repetitionsFor(subject, now), samples: new Array<number>() });
  }
  for (let turn = 0; turn < turns; turn += 1) {
    for (let offset = 0; offset < prepared.length; offset += 1) {
      const next = prepared[(turn + offset) % prepared.length];
      if (next !== undefined) next.samples.push(await turnOf(next.subject, next.count, turnMs, now));
    }
  }
  const timings: Partial<Record<Name, Timing>> = {};
  for (const { subject, samples } of prepared) timings[subject.name] = timingOf(subject.name, samples);
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

/** How many repetitions make a burst; finding out also warms the subject up. */
async function repetitionsFor(subject: Subject, now: Clock): Promise<number> {
  let count = 1;
  for (let run = 0; ; run += 1) {
    const took = await timeOf(subject, count, now);
    if (took >= BURST_MS && run >= WARM_UP_RUNS) return count;
    if (took < BURST_MS) count = Math.max(count + 1, Math.ceil((count * BURST_MS) / Math.max(took, 0.01)));
  }
}

/** Milliseconds of one repetition. */
async function turnOf(subject: Subject, count: number, turnMs: number, now: Clock): Promise<number> {
  const bursts: number[] = [];
  for (let spent = 0; spent < turnMs;) {
    const took = await timeOf(subject, count, now);
    bursts.push(took / count);
    spent += took;
  }
  return quantile(bursts, 0.25);
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
  const { median, spread } = figureOf(samples);
  return { name, samples, medianMs: median, spreadMs: spread };
}

/** How many times as long `subject` takes as `base`. */
export function ratioOf(subject: Timing, base: Timing): Figure {
  return ratioOfTurns(subject.samples, base.samples);
}
