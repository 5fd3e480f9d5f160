import { Random } from './random.ts';

// What a search through all schedules remembers: the choices of the present one, and the states that were seen.

/** Nothing happens by chance; names are counted. */
export class NoChance extends Random {
  private count = 0;

  constructor() {
    super(0);
  }

  override fraction(): number {
    return 0.999;
  }

  override uuid(): `${string}-${string}-${string}-${string}-${string}` {
    this.count += 1;
    return `${this.count.toString(16).padStart(8, '0')}-0000-4000-a000-000000000000`;
  }
}

/** The choices of one execution, and where they lead. */
export class Path {
  readonly steps: { choice: number; readonly options: number }[] = [];
  /** State → the states that its options lead to. */
  readonly graph = new Map<string, string[]>();
  private depth = 0;
  private from: { readonly state: string; readonly choice: number } | undefined;
  executions = 0;

  begin(): void {
    this.depth = 0;
    this.from = undefined;
    this.executions += 1;
  }

  /** The option to take in this state; undefined where everything behind it is known. */
  choose(state: string, options: number): number | undefined {
    this.link(state);
    let step = this.steps[this.depth];
    if (step === undefined) {
      if (this.graph.has(state)) return undefined;
      this.graph.set(state, []);
      step = { choice: 0, options };
      this.steps.push(step);
    }
    this.depth += 1;
    this.from = { state, choice: step.choice };
    return step.choice;
  }

  /** Returns whether this end is new. */
  end(state: string): boolean {
    this.link(state);
    const isNew = !this.graph.has(state);
    if (isNew) this.graph.set(state, []);
    return isNew;
  }

  /** Goes to the next choices; false when there are none. */
  advance(): boolean {
    for (let last = this.steps.at(-1); last !== undefined; last = this.steps.at(-1)) {
      last.choice += 1;
      if (last.choice < last.options) return true;
      this.steps.pop();
    }
    return false;
  }

  /** How many schedules the states stand for. */
  schedules(): bigint {
    const known = new Map<string, bigint>();
    const count = (state: string): bigint => {
      const found = known.get(state);
      if (found !== undefined) return found;
      const next = this.graph.get(state) ?? [];
      const total = next.length === 0 ? 1n : next.reduce((sum, child) => sum + count(child), 0n);
      known.set(state, total);
      return total;
    };
    const [first] = this.graph.keys();
    return first === undefined ? 0n : count(first);
  }

  private link(state: string): void {
    if (this.from === undefined) return;
    const children = this.graph.get(this.from.state);
    if (children !== undefined) children[this.from.choice] = state;
  }
}
