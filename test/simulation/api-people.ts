import type { Stage } from './actors.ts';
import type { ApiRequest } from './api-ledger.ts';
import { toAnswer, toRequest, type Answer } from './api-request.ts';
import { newRule } from './load.ts';

// Programs at the admin API. Each change goes out under an Idempotency-Key: what got no answer is repeated, some requests are
// sent twice at once, and some are repeated although they were answered. However often it is sent, a change is made once and
// has one answer. And whatever fails, nobody is answered with 500.

const ATTEMPTS_MAX = 6;
/** Answers that say only that nothing is known yet, or no more. */
const UNDECIDED = new Set(['in_progress', 'outcome_unknown', 'answer_not_kept']);

interface Wish extends ApiRequest {
  readonly body?: object;
}

export async function apiPerson(stage: Stage): Promise<void> {
  const { scheduler, random, ledger } = stage;
  for (let i = random.pick([1, 3, 8]); i > 0; i -= 1) {
    await scheduler.sleep(stage.moment() - scheduler.now);
    if (random.chance(0.3)) {
      await ask(stage, { method: 'GET', path: newQuestion(stage) }, {});
      continue;
    }
    const wish = newWish(stage);
    const key = random.uuid();
    ledger.api.sent(key, wish);
    await Promise.all(Array.from({ length: random.pick([1, 1, 2]) }, () => change(stage, wish, key)));
  }
}

async function change(stage: Stage, wish: Wish, key: string): Promise<void> {
  const { scheduler, random, ledger, log } = stage;
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const answer = await ask(stage, wish, { 'idempotency-key': key });
    const isDecided =
      answer !== undefined && answer.status !== 503 && !UNDECIDED.has(String(answer.body['code']));
    if (isDecided) {
      const isReplayed = answer.headers['idempotent-replayed'] !== undefined;
      ledger.api.answered(key, answer.status, answer.text, isReplayed);
      const { erasureId } = answer.body;
      if (typeof erasureId === 'string') ledger.erasing.acknowledged.add(erasureId);
      log(`${wish.method} ${wish.path}: ${String(answer.status)}`);
      if (random.chance(0.7)) return;
    }
    await scheduler.sleep(random.below(random.pick([50, 2_000, 60_000])));
  }
}

/** Undefined: there was no answer. */
async function ask(
  { deployment }: Stage,
  { method, path, body }: Wish,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | undefined> {
  const ended = await deployment.api(toRequest(method, path, headers, { body }));
  if (ended.kind === 'threw') throw new Error(`${method} ${path}: the admin function threw.`);
  if (ended.kind === 'gone') return undefined;
  const answer = toAnswer(ended.result);
  if (answer.status >= 500 && answer.status !== 503)
    throw new Error(`${method} ${path} is answered with ${String(answer.status)} ${answer.text}`);
  return answer;
}

const DAYS = 'from=2026-11-22T00:00:00Z&to=2026-11-24T00:00:00Z';
const QUESTIONS = [
  '/api/overview',
  '/api/features',
  '/api/rules',
  '/api/unmapped',
  '/api/users',
  '/api/merges',
  '/api/flags/shared-email',
  '/api/reprocessing',
  '/api/feed',
  `/api/usage?${DAYS}`,
  `/api/arrivals?${DAYS}`,
  '/api/events?status=unmapped',
  '/api/events?status=quarantined',
];

function newQuestion({ random, theme, ledger }: Stage): string {
  const messageId = encodeURIComponent(random.pick([...ledger.messages.keys(), 'nothing']));
  const name = encodeURIComponent(random.pick(theme.names));
  return random.pick([
    ...QUESTIONS,
    `/api/events/${messageId}`,
    `/api/events/${messageId}/explain`,
    `/api/unmapped/${name}/suggest`,
  ]);
}

function newWish({ random, theme, ledger }: Stage): Wish {
  const [survivorId = '', absorbedId = ''] = random.shuffled(theme.users);
  // What a URL can hold.
  const userId = random.pick([...theme.users.filter((id) => id.isWellFormed()), 'nobody']);
  const ruleId = random.pick([...ledger.ruleIds, 'rul_none']);
  const past = (what: string): string => (random.chance(0.5) ? `?${what}=1` : '');
  const ruleName = `Rule ${random.uuid()}`;
  const rule: Wish = {
    method: 'POST',
    path: '/api/rules',
    body: { ...newRule(random, theme), name: ruleName },
    ruleName,
  };
  return random.pick<Wish>([
    rule,
    rule,
    rule,
    { method: 'DELETE', path: `/api/rules/${ruleId}${past('revert')}` },
    {
      method: 'PATCH',
      path: `/api/rules/${ruleId}${past('recount')}`,
      body: { delta: { value: random.pick(['2', '5']) } },
    },
    { method: 'POST', path: '/api/features', body: { id: random.pick(theme.features), name: 'Feature' } },
    { method: 'POST', path: '/api/users/merge', body: { survivorId, absorbedId } },
    { method: 'POST', path: '/api/quarantine/redrive', body: { all: true } },
    { method: 'DELETE', path: `/api/users/${encodeURIComponent(userId)}` },
  ]);
}
