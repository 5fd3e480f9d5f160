import { resolve } from 'node:path';
import { ApiKeyStore } from '../../adapters/api-keys.ts';
import type { ConfigStore } from '../../adapters/config-store.ts';
import { eventKeyOf } from '../../adapters/keys.ts';
import { usageUserPk, usageUserSk } from '../../adapters/usage-item.ts';
import { USER_SK, userPk } from '../../adapters/user-item.ts';
import { mergeIdOf } from '../../core/identity/merge-record.ts';
import { UNDONE_MAX } from '../../core/identity/user-node.ts';
import { eraseUser, sendDeletion, sendOnce, type Stage } from './actors.ts';
import { comeToRest } from './come-to-rest.ts';
import { Deployment, MINUTE, type Ended } from './deployment.ts';
import { QUEUES, TABLES } from './deployment-names.ts';
import { INGEST_KEY } from './http-request.ts';
import { Ledger } from './ledger.ts';
import { toSentEvent, type EventParts } from './load.ts';
import type { SentEvent } from './oracle.ts';
import { PlannedFaults, type FaultPlan, type PlannedFault } from './planned-faults.ts';
import { Random } from './random.ts';
import { invocationStorage, Scheduler } from './scheduler.ts';
import { functionOf, tellSends, type Send } from './sends.ts';
import type { SimulatedWorld } from './simulated-aws.ts';
import { createWorld, OBSERVER, type World } from './world.ts';

// A short scenario on the whole of the simulated deployment, with faults at chosen sends and nowhere else. Whoever acts from
// outside is patient: what was not answered is asked again, as senders and people do.

const START = Date.parse('2026-11-23T12:00:00Z');
/** When events happened that do not say when. */
const HAPPENED = START - 3_600_000;
const ATTEMPTS_MAX = 8;
/** They work on when a person has been answered. */
const BACKGROUND: ReadonlySet<string> = new Set(['process', 'reprocess', 'imports']);
/** Scenes take some thousand. */
const TURNS_MAX = 100_000;
const NO_AMOUNT = [undefined, { counts: '1' }] as const;

export interface Scene {
  readonly name: string;
  /** Short and central: for pairs of faults. */
  readonly isCore?: boolean;
  /** What happens to calls in it, always: places that only a failure leads to are reached by it. */
  readonly failing?: (send: Send) => PlannedFault | undefined;
  /** How long an index does not show what was written. @default 0 */
  readonly indexLagMs?: number;
  readonly run: (play: Play) => Promise<void>;
}

export interface Played {
  readonly violations: readonly string[];
  /** In their order. */
  readonly sends: readonly Send[];
  /** So many of them before the timer ticked that brings all to rest. */
  readonly sendsInScene: number;
}

export async function playScene(
  scene: Scene,
  variant: number,
  plan: FaultPlan,
  onCall: SimulatedWorld['onCall'] = () => undefined,
): Promise<Played> {
  const random = new Random(variant);
  const turnMs = random.pick([1, 10]);
  const scheduler = new Scheduler(
    START,
    { next: (ready) => random.below(ready.length), turnMs: () => random.below(turnMs + 1) },
    TURNS_MAX,
  );
  const ledger = new Ledger();
  const sends: Send[] = [];
  const faults = new PlannedFaults(random, plan, () => {
    deployment.redeploy();
  });
  const lostQueues = new Set<string>();
  const world = createWorld({
    scheduler,
    random,
    faults,
    onCall,
    dynamo: {
      pageItemsMax: random.pick([2, 5, 1_000]),
      indexLag: () => scene.indexLagMs ?? 0,
      onCommit: (changes) => {
        const writer = invocationStorage.getStore();
        if (writer !== undefined && BACKGROUND.has(functionOf(writer))) play.backgroundWrites += 1;
        if (ledger.committed(changes)) deployment.rulesetChanged();
      },
    },
    onMessage: (queue, visibleAt) => {
      if (lostQueues.has(queue)) sqs.purge(queue);
      else deployment.messageAt(queue, visibleAt);
    },
  });
  const { sqs, clients } = world;
  tellSends(resolve(import.meta.dirname, '../..'), clients, (send) => {
    sends.push(send);
    const fault = scene.failing?.(send);
    if (fault !== undefined) faults.planAlso(send.number, fault);
  });
  const log = (): void => undefined;
  const deployment = new Deployment({ scheduler, random, faults, sqs, clients, log });
  await invocationStorage.run(OBSERVER, () =>
    new ApiKeyStore(clients.dynamo, TABLES.operations).ensure(
      INGEST_KEY,
      { scope: 'ingest', name: 'simulation' },
      scheduler.now,
    ),
  );
  deployment.start();
  const theme = { users: [], names: [], features: [], amounts: [], naming: 0, large: 0, fresh: 0 };
  const stage: Stage = { scheduler, random, theme, deployment, ledger, log, moment: () => scheduler.now };
  const play = new Play(stage, world, lostQueues);
  scheduler.start(() => scene.run(play));
  await scheduler.run();
  const sendsInScene = sends.length;
  const { violations } = await comeToRest(world, scheduler, deployment, ledger);
  return { violations, sends, sendsInScene };
}

export class Play {
  readonly stage: Stage;
  readonly world: World;
  /** How often functions that no person calls have written. */
  backgroundWrites = 0;
  private readonly lostQueues: Set<string>;
  private events = 0;

  constructor(stage: Stage, world: World, lostQueues: Set<string>) {
    this.stage = stage;
    this.world = world;
    this.lostQueues = lostQueues;
  }

  get now(): number {
    return this.stage.scheduler.now;
  }

  /** Until what was begun has most likely come to its end. */
  async settle(): Promise<void> {
    await this.stage.scheduler.sleep(MINUTE);
  }

  /** For a moment: what was begun is under way. */
  async pause(): Promise<void> {
    const { scheduler, random } = this.stage;
    await scheduler.sleep(random.below(30));
  }

  /** A tick of the timer. */
  async tick(): Promise<void> {
    await this.stage.deployment.tick();
  }

  track(userId: string, parts: Partial<EventParts> = {}): SentEvent {
    return this.event({ type: 'track', userId, name: 'Report Exported', ...parts });
  }

  identify(userId: string, traits: SentEvent['traits'], parts: Partial<EventParts> = {}): SentEvent {
    return this.event({ type: 'identify', userId, name: '', traits, ...parts });
  }

  /** In one request, which is repeated until it is acknowledged. */
  async send(...events: readonly SentEvent[]): Promise<void> {
    for (const event of events) this.stage.ledger.sent(event);
    await this.untilDone(() => sendOnce(this.stage, events));
  }

  async feature(id: string): Promise<void> {
    await this.change((store) => store.createFeature(id, { name: id, type: 'consumable', archived: false }));
  }

  /** Returns its id. */
  async rule(featureId: string, event = 'Report Exported', delta?: string): Promise<string> {
    const body = {
      enabled: true,
      featureId,
      event: { operator: 'equals' as const, value: event },
      conditions: [],
      ...(delta !== undefined && { delta: { value: delta } }),
    };
    const answer = await this.change((store) => store.createRule(body, 'editor'));
    return answer?.kind === 'saved' ? answer.rule.id : 'rul_000001';
  }

  /** A person changes features or rules. */
  async change<Result>(work: (store: ConfigStore) => Promise<Result>): Promise<Result | undefined> {
    return await this.ask(() => this.stage.deployment.admin(work));
  }

  async merge(survivorId: string, absorbedId: string): Promise<void> {
    const wish = { survivorId, absorbedId, actor: 'merger', at: this.now, dryRun: false };
    await this.ask(() =>
      this.stage.deployment.merging((merges) => merges.merge({ ...wish, suffix: this.stage.random.uuid() })),
    );
  }

  async undoMerges(): Promise<void> {
    await this.ask(() =>
      this.stage.deployment.merging(async (merges) => {
        for (const { id } of (await merges.page(20)).rows)
          await merges.undo(id, { at: this.now, actor: 'merger' });
      }),
    );
  }

  /** Does this, and loses all messages of sweeps and scans for some minutes, as a person who purges a queue would. */
  async withoutSweeps(work: () => Promise<unknown>): Promise<void> {
    this.lostQueues.add(QUEUES.sweeps);
    await work();
    await this.stage.scheduler.sleep(3 * MINUTE);
    this.lostQueues.clear();
  }

  /** As a user has who was merged and set apart many times: as many as are remembered. */
  rememberUndoneMerges(userId: string): void {
    const ids = Array.from({ length: UNDONE_MAX }, (_, index) => mergeIdOf(index, 'gone'));
    this.world.dynamo.handle('UpdateItem', {
      TableName: TABLES.users,
      Key: { pk: { S: userPk(userId) }, sk: { S: USER_SK } },
      UpdateExpression: 'SET um = :um',
      ExpressionAttributeValues: { ':um': { S: JSON.stringify(ids) } },
    });
  }

  /** On the day of the events that do not say when. */
  addToUsage(userId: string, featureId: string, sum: number): void {
    const day = new Date(HAPPENED).toISOString().slice(0, 10);
    this.world.dynamo.handle('UpdateItem', {
      TableName: TABLES.usage,
      Key: { pk: { S: usageUserPk(userId) }, sk: { S: usageUserSk(featureId, day) } },
      UpdateExpression: 'ADD s :sum',
      ExpressionAttributeValues: { ':sum': { N: String(sum) } },
    });
  }

  /** Until it is mended, nobody can read the event. */
  spoil({ messageId }: SentEvent): void {
    this.stage.ledger.spoiled.spoil(this.world.dynamo, eventKeyOf(messageId));
  }

  mend({ messageId }: SentEvent): void {
    this.stage.ledger.spoiled.mend(this.world.dynamo, eventKeyOf(messageId));
  }

  /** Has everything that is quarantined sent back. */
  async redrive(): Promise<void> {
    await this.ask(() => this.stage.deployment.redrive());
  }

  async erase(userId: string): Promise<void> {
    await this.untilDone(() => eraseUser(this.stage, userId));
  }

  /** As Segment says it. */
  async deletion(userId: string, time?: number): Promise<void> {
    await this.untilDone(() => sendDeletion(this.stage, userId, time));
  }

  /** A request of a person, until it is answered. */
  async ask<Result>(request: () => Promise<Ended<Result>>): Promise<Result | undefined> {
    let answer: Result | undefined;
    await this.untilDone(async () => {
      const ended = await request();
      if (ended.kind === 'answered') answer = ended.result;
      return ended.kind === 'answered';
    });
    return answer;
  }

  private async untilDone(attempt: () => Promise<boolean>): Promise<void> {
    for (let count = 0; count < ATTEMPTS_MAX; count += 1) {
      if (await attempt()) return;
      await this.stage.scheduler.sleep(5_000);
    }
    throw new Error('A scene does not get on.');
  }

  private event(parts: Pick<EventParts, 'type' | 'userId' | 'name'> & Partial<EventParts>): SentEvent {
    this.events += 1;
    return toSentEvent({
      messageId: `m${String(this.events)}`,
      time: HAPPENED,
      delta: NO_AMOUNT,
      amount: NO_AMOUNT,
      traits: {},
      ...parts,
    });
  }
}
