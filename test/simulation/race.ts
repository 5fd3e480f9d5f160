import { createHash } from 'node:crypto';
import { directDynamo } from './direct-dynamo.ts';
import { Faults } from './faults.ts';
import { invocationStorage, Scheduler, type Invocation, type Waiting } from './scheduler.ts';
import { NoChance } from './schedule-path.ts';
import type { JsonRecord } from './wire-item.ts';
import { createWorld, type World } from './world.ts';

// Actors whose AWS calls are put in an order by somebody else, each of whom may die before any of its calls. Before the race
// and after it everything runs as it comes.

export interface RaceOptions {
  readonly crashesMax: number;
  /** Chooses among the options in a state; undefined where everything behind it is known. */
  readonly choose: (state: () => string, options: number) => number | undefined;
  /** Calls that nobody else can notice, and which notice none, take no turn. */
  readonly isPrivate: (actor: string, operation: string, body: JsonRecord) => boolean;
  /** Retries follow at once instead of after a pause, so that they meet what the others still do. */
  readonly impatient?: boolean;
  /** False where nobody asks for the state. */
  readonly remembers?: boolean;
  /** Queues whose messages are part of the state. */
  readonly queues?: readonly string[];
}

class Impatient extends Scheduler {
  /** Whether there is nobody else, who could give a turn. */
  isAlone = true;

  override sleep(ms: number, label?: string): Promise<void> {
    if (label !== 'pause') return super.sleep(ms, label);
    return this.isAlone ? Promise.resolve() : this.turn('again');
  }
}

const START = Date.parse('2026-11-23T12:00:00Z');

export class Race {
  readonly scheduler: Scheduler;
  readonly world: World;
  crashes = 0;
  private readonly options: RaceOptions;
  /** Actor → a hash of all that it was answered, of which it is a function. */
  private readonly answers = new Map<string, string>();
  private stored: string | undefined;
  private free = true;
  private known = false;

  constructor(options: RaceOptions) {
    this.options = options;
    const choices = { turnMs: () => 0, next: (ready: readonly Waiting[]) => this.next(ready) };
    this.scheduler =
      options.impatient === true ? new Impatient(START, choices) : new Scheduler(START, choices);
    const random = new NoChance();
    const faults = new Faults(random);
    faults.heal();
    const world = createWorld({
      scheduler: this.scheduler,
      random,
      faults,
      dynamo: { onCommit: () => (this.stored = undefined) },
      isPrivate: (invocation, operation, body) =>
        this.free || options.isPrivate(invocation?.name ?? '', operation, body),
      onAnswer: (invocation, operation, answer) => {
        if (options.remembers === false) return;
        const name = invocation?.name ?? '';
        const hash = createHash('sha256').update(this.answers.get(name) ?? '');
        this.answers.set(name, hash.update(operation).update(JSON.stringify(answer)).digest('base64'));
      },
    });
    // Nothing ever fails here, so there is nothing for the SDK to do.
    this.world = { ...world, clients: { ...world.clients, dynamo: directDynamo() } };
  }

  /** Lets these race; false when everything behind some state is known, or `isNewEnd` says that the end is. */
  async run(
    actors: ReadonlyMap<string, () => Promise<unknown>>,
    isNewEnd: (state: string) => boolean,
  ): Promise<boolean> {
    this.setFree(false);
    this.answers.clear();
    for (const [name, task] of actors) this.start(name, task);
    await this.scheduler.run(() => this.known);
    if (this.known || !isNewEnd(this.state([]))) return false;
    this.setFree(true);
    return true;
  }

  private setFree(isFree: boolean): void {
    this.free = isFree;
    if (this.scheduler instanceof Impatient) this.scheduler.isAlone = isFree;
  }

  private start(name: string, task: () => Promise<unknown>): void {
    const invocation: Invocation = {
      name,
      faulty: true,
      slowMs: 0,
      settles: false,
      alive: true,
      onKilled: () => {
        invocation.alive = false;
      },
    };
    this.scheduler.start(() => invocationStorage.run(invocation, task).then(() => undefined));
  }

  private next(ready: readonly Waiting[]): number {
    if (this.free || this.known) return 0;
    const options: { waiting: Waiting; at: number; dies: boolean }[] = [];
    // In the order of their names: the order in which they came to wait is not part of the state.
    const ordered = ready
      .map((waiting, at) => ({ waiting, at }))
      .sort((a, b) => (labelOf(a.waiting) < labelOf(b.waiting) ? -1 : 1));
    for (const dies of this.crashes < this.options.crashesMax ? [false, true] : [false])
      for (const { waiting, at } of ordered) options.push({ waiting, at, dies });
    const choice = this.options.choose(() => this.state(ready), options.length);
    const option = choice === undefined ? undefined : options[choice];
    if (option === undefined) {
      this.known = true;
      return 0;
    }
    if (option.dies) {
      this.crashes += 1;
      option.waiting.invocation?.onKilled();
    }
    return option.at;
  }

  private state(ready: readonly Waiting[]): string {
    const { dynamo, sqs } = this.world;
    this.stored ??= dynamo.fingerprint();
    const local = [...this.answers].sort(([a], [b]) => (a < b ? -1 : 1));
    const messages = (this.options.queues ?? []).map((queue) => sqs.bodies(queue));
    return createHash('sha256')
      .update(JSON.stringify([this.stored, local, ready.map(labelOf).sort(), this.crashes, messages]))
      .digest('base64');
  }
}

const labelOf = ({ invocation, label }: Waiting): string => `${invocation?.name ?? ''} ${label}`;
