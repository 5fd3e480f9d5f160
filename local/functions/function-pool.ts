import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type EnvironmentOptions, ExecutionEnvironment, type Outcome } from './execution-environment.ts';

// The environments of one function. On AWS every concurrent invocation has an environment of its own; here there are as
// many as the machine can use, and further invocations wait their turn, still counting against the function's reserved
// concurrency. Beyond that they are throttled, as on AWS.

/** More invocations at once than the function's reserved concurrency, or the account's, allows. */
export class ThrottledError extends Error {
  override readonly name = 'ThrottledError';
}

interface PoolOptions extends EnvironmentOptions {
  readonly environmentsMax: number;
  /** Kept when idle: senders of events should not meet a cold start after every pause. */
  readonly environmentsMin: number;
}

interface Waiting {
  readonly id: string;
  readonly event: unknown;
  readonly settle: (outcome: Outcome) => void;
}

/** Lambda's default for a whole account. */
const ACCOUNT_CONCURRENCY = 1_000;
/** Short, because every environment is 90 MB of this machine, and a new one is there in 150 ms. */
const IDLE_MS = 30_000;

export class FunctionPool {
  private readonly options: PoolOptions;
  private readonly idle: { environment: ExecutionEnvironment; sinceMs: number }[] = [];
  private readonly environments = new Set<ExecutionEnvironment>();
  private readonly waiting: Waiting[] = [];
  private readonly running = new Set<Promise<void>>();
  private readonly reclaimer: NodeJS.Timeout;
  private starting = 0;
  private closed = false;

  constructor(options: PoolOptions) {
    this.options = options;
    this.reclaimer = setInterval(() => {
      this.reclaim();
    }, IDLE_MS / 4);
    this.reclaimer.unref();
  }

  /** Throws ThrottledError; everything that the function does is in the outcome. */
  async invoke(event: unknown): Promise<Outcome> {
    const concurrencyMax = this.options.plan.reservedConcurrency ?? ACCOUNT_CONCURRENCY;
    if (this.closed || this.waiting.length + this.running.size >= concurrencyMax) {
      throw new ThrottledError(`${this.options.plan.displayName} runs as often as its concurrency allows`);
    }
    return await new Promise((settle) => {
      this.waiting.push({ id: randomUUID(), event, settle });
      this.dispatch();
    });
  }

  /** Starts an environment ahead of the first invocation, and settles with the outcome of that. */
  async warmUp(): Promise<Outcome | undefined> {
    return this.environments.size === 0 ? await this.start() : undefined;
  }

  pids(): number[] {
    return [...this.environments].flatMap(({ pid }) => pid ?? []);
  }

  /** Lets what runs finish, for at most this long, then ends every process. What still waits is not run. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    clearInterval(this.reclaimer);
    for (const { settle } of this.waiting.splice(0)) {
      settle({
        ok: false,
        error: { errorType: 'Runtime.Stopping', errorMessage: 'The runtime is stopping' },
      });
    }
    const patience = new AbortController();
    await Promise.race([
      Promise.all(this.running),
      delay(graceMs, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
    await Promise.all([...this.environments].map((environment) => environment.kill()));
  }

  private dispatch(): void {
    while (this.waiting.length > 0) {
      const free = this.idle.pop()?.environment;
      if (free === undefined) break;
      if (!free.alive) {
        this.environments.delete(free);
        continue;
      }
      const next = this.waiting.shift();
      if (next !== undefined) this.run(free, next);
    }
    while (this.waiting.length > this.starting && this.environments.size < this.options.environmentsMax) {
      void this.start();
    }
  }

  private run(environment: ExecutionEnvironment, { id, event, settle }: Waiting): void {
    const done = environment.invoke(id, event).then((outcome) => {
      this.running.delete(done);
      // A throw leaves an environment as it was; a timeout, an exit or a lack of memory ends it.
      if (environment.alive && (outcome.ok || outcome.error.errorType !== 'Sandbox.Timedout'))
        this.release(environment);
      else this.environments.delete(environment);
      settle(outcome);
      this.dispatch();
    });
    this.running.add(done);
  }

  private async start(): Promise<Outcome> {
    const environment = new ExecutionEnvironment(this.options);
    this.environments.add(environment);
    this.starting += 1;
    const outcome = await environment.ready();
    this.starting -= 1;
    if (outcome.ok) {
      this.release(environment);
    } else {
      this.environments.delete(environment);
      void environment.kill();
      // As on AWS, the invocation that caused the start gets its failure; the next one tries again.
      this.waiting.shift()?.settle(outcome);
    }
    this.dispatch();
    return outcome;
  }

  private release(environment: ExecutionEnvironment): void {
    this.idle.push({ environment, sinceMs: performance.now() });
  }

  private reclaim(): void {
    const oldest = performance.now() - IDLE_MS;
    // The least recently used stand first.
    while (this.environments.size > this.options.environmentsMin) {
      const [candidate] = this.idle;
      if (candidate === undefined || candidate.sinceMs > oldest) return;
      this.idle.shift();
      this.environments.delete(candidate.environment);
      void candidate.environment.kill();
    }
  }
}
