import { AsyncLocalStorage } from 'node:async_hooks';

// One thread of control for many actors. An actor runs until it waits: for its turn to make an AWS call, or for a time.
// When all wait, the scheduler chooses who goes on; nobody else runs until that one waits again. Time is virtual: it moves
// a little with every turn, and jumps to the next timer when nobody can go on. So a run is a function of its choices.
//
// Everything between two waits must be microtasks: the scheduler takes Node's next tick, which comes when no microtask is
// left, as the sign that all have come to rest. Ticks, real timers and real input or output inside of an actor would break that.

/** One execution of a function, or an actor outside of AWS. */
export interface Invocation {
  readonly name: string;
  /** Faults hit only what may be hit: not the observer who checks the end. */
  readonly faulty: boolean;
  /** How long it takes, at most, for one of its calls to get its turn. Some containers are slow all their life. */
  readonly slowMs: number;
  /** Whether it gives events their outcomes. */
  readonly settles: boolean;
  alive: boolean;
  /** Called when the invocation ends by force: its container is gone, and no promise of it ever settles. */
  readonly onKilled: () => void;
}

export const invocationStorage = new AsyncLocalStorage<Invocation>();

export interface Waiting {
  readonly invocation: Invocation | undefined;
  readonly label: string;
  readonly resume: () => void;
}

/** A run that takes more turns goes round in circles: the longest of those that end take some hundred thousand. */
const TURNS_MAX = 5_000_000;

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly waiting: Waiting;
}

export interface Choices {
  /** Which of these goes on. */
  next(ready: readonly Waiting[]): number;
  /** Virtual milliseconds that the turn takes. */
  turnMs(): number;
}

export class Scheduler {
  now: number;
  /** Turns so far. */
  turns = 0;
  private readonly choices: Choices;
  private readonly turnsMax: number;
  private readonly ready: Waiting[] = [];
  private readonly timers: Timer[] = [];
  private order = 0;
  private failure: { readonly error: unknown } | undefined;

  /** `turnsMax`: running longer than this is a failure. */
  constructor(startAt: number, choices: Choices, turnsMax = TURNS_MAX) {
    this.now = startAt;
    this.choices = choices;
    this.turnsMax = turnsMax;
  }

  /** Resolves when the scheduler lets the caller go on. */
  turn(label: string): Promise<void> {
    const invocation = invocationStorage.getStore();
    return new Promise((resume) => {
      this.ready.push({ invocation, label, resume });
    });
  }

  /** Resolves after at least so many virtual milliseconds. */
  sleep(ms: number, label = 'sleep'): Promise<void> {
    const invocation = invocationStorage.getStore();
    // Clocks show whole milliseconds.
    return new Promise((resume) => {
      this.at(this.now + Math.max(0, Math.ceil(ms)), { invocation, label, resume });
    });
  }

  /** Lets time pass while nobody does anything. */
  pass(ms: number): void {
    this.now += ms;
  }

  /** Starts an actor. What it throws ends the run. */
  start(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      this.failure ??= { error };
    });
  }

  /** Lets all go on until `until` says so, or nobody has anything left to do. */
  async run(until: () => boolean = () => false): Promise<void> {
    for (;;) {
      await allAtRest();
      if (this.failure !== undefined) throw this.failure.error;
      if (until()) return;
      this.wake();
      if (this.ready.length === 0) {
        const next = this.timers[0];
        if (next === undefined) return;
        this.now = next.at;
        continue;
      }
      const [chosen] = this.ready.splice(this.choices.next(this.ready), 1);
      this.turns += 1;
      if (this.turns > this.turnsMax)
        throw new Error(`It never ends: after ${String(this.turnsMax)} turns comes ${chosen?.label ?? ''}.`);
      this.now += this.choices.turnMs();
      chosen?.resume();
    }
  }

  private wake(): void {
    for (let timer = this.timers[0]; timer !== undefined && timer.at <= this.now; timer = this.timers[0]) {
      this.ready.push(timer.waiting);
      this.removeFirst();
    }
  }

  // A binary heap, earliest first; of two at the same time the one that was set first.

  private at(at: number, waiting: Waiting): void {
    this.order += 1;
    const timer = { at, order: this.order, waiting };
    let hole = this.timers.length;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = this.timers[parent];
      if (above === undefined || isBefore(above, timer)) break;
      this.timers[hole] = above;
      hole = parent;
    }
    this.timers[hole] = timer;
  }

  private removeFirst(): void {
    const last = this.timers.pop();
    if (last === undefined || this.timers.length === 0) return;
    let hole = 0;
    for (;;) {
      const [left, right] = [this.timers[2 * hole + 1], this.timers[2 * hole + 2]];
      if (left === undefined) break;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (isBefore(last, child)) break;
      this.timers[hole] = child;
      hole = 2 * hole + (child === left ? 1 : 2);
    }
    this.timers[hole] = last;
  }
}

const isBefore = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Not `setImmediate`: going round the event loop for every turn took a quarter of a run. */
const allAtRest = async (): Promise<void> => {
  // A tick that is asked for outside of a microtask comes before them.
  await Promise.resolve();
  await new Promise((resolve) => {
    process.nextTick(resolve);
  });
};
