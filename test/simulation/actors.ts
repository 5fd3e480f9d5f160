import type { ConfigStore } from '../../adapters/config-store.ts';
import { INGEST_KEY, toFunctionUrlEvent } from './http-request.ts';
import type { Deployment, Ended } from './deployment.ts';
import type { Ledger } from './ledger.ts';
import type { MemoryDynamo } from './memory-dynamo.ts';
import { editedRule, newEvent, newRule, pastTime, type Theme } from './load.ts';
import type { SentEvent } from './oracle.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import { isRecord } from './wire-item.ts';

// Those who use the pipeline from outside: senders that repeat what was not acknowledged, and sometimes what was; and
// people who change features and rules.

export interface Stage {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly theme: Theme;
  readonly deployment: Deployment;
  readonly ledger: Ledger;
  readonly log: (line: string) => void;
  /** A moment of the run at which much happens at once. */
  readonly moment: () => number;
}

const ATTEMPTS_MAX = 6;

/** Sends some requests, each until it is acknowledged or given up. */
export async function sender(stage: Stage, name: string): Promise<void> {
  const { scheduler, random, ledger } = stage;
  const requests = random.between(1, 4);
  for (let i = 0; i < requests; i += 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    const events = someEvents(stage, `${name}-${String(i)}`);
    for (const event of events) ledger.sent(event);
    const patience = random.pick([1, ATTEMPTS_MAX]);
    let acknowledged = 0;
    for (let attempt = 0; attempt < patience; attempt += 1) {
      if (await sendOnce(stage, events)) acknowledged += 1;
      // Some senders repeat what was acknowledged too.
      if (acknowledged > 0 && !random.chance(0.15)) break;
      await scheduler.sleep(random.below(random.pick([50, 2_000, 60_000, 400_000])));
    }
  }
}

function someEvents({ scheduler, random, theme, ledger }: Stage, name: string): SentEvent[] {
  const count = random.pick([1, 1, 2, 4, 8, random.chance(0.1) ? 130 : 12]);
  const known = [...ledger.messages.values()];
  return Array.from({ length: count }, (_, index) => {
    if (known.length > 0 && random.chance(0.12)) {
      const [first] = random.pick(known).bodies;
      if (first !== undefined)
        return random.chance(0.7) ? first : newEvent(random, theme, first.messageId, scheduler.now);
    }
    return newEvent(random, theme, `${name}-${String(index)}`, scheduler.now);
  });
}

/** Whether the request was acknowledged. */
export async function sendOnce(stage: Stage, events: readonly SentEvent[]): Promise<boolean> {
  const { deployment, random, ledger, log } = stage;
  // The tracking API takes no event above 32 KB.
  const tracking = random.chance(0.2) && events.every(({ text }) => text.length < 32_000);
  const [only] = events;
  const array = `[${events.map(({ text }) => text).join(',')}]`;
  const body = tracking
    ? `{"batch":${array}}`
    : events.length === 1 && only !== undefined
      ? only.text
      : array;
  const ended = await deployment.ingest(
    toFunctionUrlEvent({ path: tracking ? '/v1/batch' : '/segment', body, key: INGEST_KEY }),
  );
  const status = ended.kind === 'answered' ? ended.result.statusCode : undefined;
  if (ended.kind !== 'answered' || status !== 200) {
    if (ended.kind === 'answered' && status !== 503)
      throw new Error(`Ingest answered ${String(status)}: ${String(ended.result.body)}`);
    return false;
  }
  log(`${String(events.length)} events acknowledged`);
  const answer: unknown = JSON.parse(ended.result.body ?? '{}');
  const results = isRecord(answer) && Array.isArray(answer['results']) ? answer['results'] : [];
  for (const [index, event] of events.entries()) {
    const result: unknown = results[index];
    // The tracking API answers for all of a batch, a webhook for each event.
    if (!isRecord(result)) ledger.acknowledged(event, false);
    else if (result['status'] === 200) ledger.acknowledged(event, result['duplicate'] !== true);
    else throw new Error(`Ingest refused an event: ${JSON.stringify(result)}`);
  }
  return true;
}

/** Changes features and rules. What is answered does not matter here: the ledger sees what was saved. */
export async function editor(stage: Stage): Promise<void> {
  const { scheduler, random } = stage;
  const changes = random.pick([1, 2, 8]);
  for (let i = 0; i < changes; i += 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    await changeSomething(stage);
  }
}

export async function changeSomething({ random, theme, deployment, log }: Stage): Promise<void> {
  const what = random.pick(CHANGES);
  const ended: Ended<unknown> = await deployment.admin((store) => what(store, random, theme));
  log(`a change of the configuration: ${ended.kind}`);
}

/** What somebody does just when a worker has decided: what it is about to commit may be reverted before it does. */
export async function ambush(stage: Stage): Promise<void> {
  const { random, deployment, log } = stage;
  if (random.chance(0.5)) {
    await changeSomething(stage);
    return;
  }
  const ended: Ended<unknown> = await deployment.admin((store) => revertRule(store, random, stage.theme));
  log(`a revert: ${ended.kind}`);
}

/** Merges users and undoes merges. Whatever comes of it: the invariants of users hold, and each id keeps what is its own. */
export async function merger(stage: Stage): Promise<void> {
  const { scheduler, random, theme, deployment, log } = stage;
  for (let i = random.pick([1, 4, 12]); i > 0; i -= 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    const [survivorId = '', absorbedId = ''] = random.shuffled(theme.users);
    const wish = {
      survivorId,
      absorbedId,
      actor: 'merger',
      suffix: random.uuid(),
      at: scheduler.now,
      dryRun: false,
    };
    const undoes = random.chance(0.4);
    const ended = await deployment.merging(async (merges) => {
      if (!undoes) return (await merges.merge(wish)).kind;
      const { rows } = await merges.page(20);
      return rows.length === 0 ? 'nothing' : (await merges.undo(random.pick(rows).id, wish)).kind;
    });
    log(`${undoes ? 'an undoing' : 'a merge'}: ${ended.kind === 'answered' ? ended.result : ended.kind}`);
  }
}

/** Deletes users: with all that was, or with what was before some time in the past. */
export async function eraser(stage: Stage): Promise<void> {
  const { scheduler, random, theme } = stage;
  for (let i = random.pick([1, 1, 3]); i > 0; i -= 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    const userId = random.pick(theme.users);
    if (random.chance(0.5)) await eraseUser(stage, userId);
    else await sendDeletion(stage, userId, random.chance(0.5) ? undefined : pastTime(random));
  }
}

/** Spoils bodies of events, mends them some time later, and has what was quarantined meanwhile sent back. */
export async function spoiler(stage: Stage, dynamo: MemoryDynamo): Promise<void> {
  const { scheduler, random, ledger, log } = stage;
  for (let i = random.pick([1, 4, 12]); i > 0; i -= 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    // Most of those that have no outcome yet: they are soon looked at.
    const waiting = (): string[] =>
      [...ledger.storedAt.keys()].filter((key) => !ledger.firstOutcomes.has(key));
    if (random.chance(0.8))
      for (let look = 0; look < 100 && waiting().length === 0; look += 1) await scheduler.sleep(100);
    const some = waiting().length > 0 ? waiting() : [...ledger.storedAt.keys()];
    const keys = random.shuffled(some).slice(0, random.pick([1, 5]));
    const spoiled = keys.filter((key) => ledger.spoiled.spoil(dynamo, key));
    log(`${String(spoiled.length)} bodies are spoiled`);
    await scheduler.sleep(random.below(random.pick([60_000, 3_000_000])));
    for (const key of spoiled) ledger.spoiled.mend(dynamo, key);
    const ended = await stage.deployment.redrive();
    log(`a redrive: ${ended.kind === 'answered' ? String(ended.result) : ended.kind}`);
  }
}

/** By the API. */
export async function eraseUser({ deployment, ledger, log }: Stage, userId: string): Promise<boolean> {
  const ended = await deployment.erase(userId);
  log(`an erasure: ${ended.kind}`);
  if (ended.kind === 'answered') ledger.erasing.acknowledged.add(ended.result);
  return ended.kind === 'answered';
}

/** As Segment does it. */
export async function sendDeletion(
  { deployment, ledger, log }: Stage,
  userId: string,
  time: number | undefined,
): Promise<boolean> {
  const timestamp = time === undefined ? {} : { timestamp: new Date(time).toISOString() };
  const body = JSON.stringify({ type: 'delete', userId, ...timestamp });
  const ended = await deployment.ingest(toFunctionUrlEvent({ path: '/segment', body, key: INGEST_KEY }));
  if (ended.kind !== 'answered' || ended.result.statusCode !== 200) return false;
  const answer: unknown = JSON.parse(ended.result.body ?? '{}');
  const results: readonly unknown[] =
    isRecord(answer) && Array.isArray(answer['results']) ? answer['results'] : [];
  const [result] = results;
  const erasureId: unknown = isRecord(result) ? result['erasureId'] : undefined;
  if (typeof erasureId !== 'string') throw new Error('The answer to a deletion names no erasure.');
  ledger.erasing.acknowledged.add(erasureId);
  log('a deletion is acknowledged');
  return true;
}

/** What is there before anybody sends. */
export async function prepare(store: ConfigStore, random: Random, theme: Theme): Promise<void> {
  for (const id of theme.features) if (random.chance(0.6)) await createFeature(store, id);
  const rules = random.below(3);
  for (let i = 0; i < rules; i += 1) await store.createRule(newRule(random, theme), 'editor');
}

const createFeature = (store: ConfigStore, id: string) =>
  store.createFeature(id, { name: id, type: 'consumable', archived: false });

async function someRule(store: ConfigStore, random: Random): Promise<string> {
  const { rows } = await store.listRules(50);
  return rows.length === 0 ? 'rul_none' : random.pick(rows).id;
}

type ConfigChange = (store: ConfigStore, random: Random, theme: Theme) => Promise<unknown>;

const createRule: ConfigChange = (store, random, theme) => store.createRule(newRule(random, theme), 'editor');
const changeRule: ConfigChange = async (store, random, theme) =>
  store.changeRule(
    await someRule(store, random),
    (body) => ({ ok: true, body: editedRule(random, theme, body) }),
    'editor',
    random.pick([{}, {}, { past: 'recount' as const }]),
  );

/** Takes back what a rule has counted, which ends it or switches it off. */
const revertRule: ConfigChange = async (store, random) => {
  const ruleId = await someRule(store, random);
  return random.chance(0.5)
    ? await store.deleteRule(ruleId, 'editor', 'revert')
    : await store.changeRule(ruleId, (body) => ({ ok: true, body: { ...body, enabled: false } }), 'editor', {
        past: 'revert',
      });
};

/** A rule that is likely to match what waits. */
const createWideRule: ConfigChange = (store, random, theme) =>
  store.createRule(
    { ...newRule(random, theme), enabled: true, conditions: [], delta: { value: '3' } },
    'editor',
  );

const CHANGES: readonly ConfigChange[] = [
  createWideRule,
  createWideRule,
  createRule,
  createRule,
  createRule,
  changeRule,
  changeRule,
  changeRule,
  changeRule,
  revertRule,
  revertRule,
  async (store, random) => store.deleteRule(await someRule(store, random), 'editor'),
  (store, random, theme) => createFeature(store, random.pick(theme.features)),
  (store, random, theme) => createFeature(store, random.pick(theme.features)),
  (store, random, theme) =>
    store.changeFeature(random.pick(theme.features), { archived: random.chance(0.4) }),
  (store, random, theme) =>
    store.changeFeature(random.pick(theme.features), { archived: random.chance(0.4) }),
  (store, random, theme) => store.deleteFeature(random.pick(theme.features)),
];
