import { toAnswer, toRequest, type Answer } from './api-request.ts';
import type { Play } from './play.ts';
import { invocationStorage } from './scheduler.ts';
import { ADMIN_KEY } from './secret-values.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';
import { wireAdmin } from './wire-admin.ts';
import { OBSERVER } from './world.ts';

// A patient person at the admin API, who does what its document says: sends again what got no answer, or 503, under the same
// Idempotency-Key; where it cannot be known whether a change was made, looks, and makes it again only if it was not. Anything
// else than an answer of the document ends the run: 500, a function that throws, a refusal of what cannot be refused.

const ATTEMPTS_MAX = 60;
const PAUSE_MS = 5_000;

export interface Change {
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the change has been made already; asked where nobody can say. */
  readonly isMade?: () => Promise<boolean>;
  /** What a repetition may be refused with because the change has been made. */
  readonly madeCode?: string;
}

export class ApiClient {
  private readonly play: Play;

  constructor(play: Play) {
    this.play = play;
  }

  /** Makes a change once. Empty when it had been made and its answer is lost. */
  async change(method: string, path: string, change: Change = {}): Promise<JsonRecord> {
    let key = this.newKey();
    let isInDoubt = false;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.ask(method, path, { 'idempotency-key': key, ...change.headers }, change);
      const code = answer?.body['code'];
      if (answer === undefined || answer.status === 503 || code === 'in_progress') isInDoubt = true;
      else if (answer.status < 300) return answer.body;
      else if (code === 'answer_not_kept' || (isInDoubt && code === change.madeCode)) return {};
      else if (code === 'outcome_unknown') {
        if ((await change.isMade?.()) === true) return {};
        key = this.newKey();
      } else throw this.unexpected(method, path, answer);
      await this.play.stage.scheduler.sleep(PAUSE_MS);
    }
    throw new Error(`${method} ${path} is never answered.`);
  }

  /** Reads until there is an answer, which must be the one that is given when nothing fails. */
  async read(path: string, method = 'GET', change: Change = {}): Promise<JsonRecord> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.ask(method, path, { ...change.headers }, change);
      if (answer?.status === 200) {
        const right = await this.undisturbed(method, path, change);
        if (comparable(answer) !== comparable(right))
          throw new Error(`${method} ${path} says ${comparable(answer)} and not ${comparable(right)}`);
        return answer.body;
      }
      if (answer !== undefined && answer.status !== 503) throw this.unexpected(method, path, answer);
      await this.play.stage.scheduler.sleep(PAUSE_MS);
    }
    throw new Error(`${method} ${path} is never answered.`);
  }

  /** Asks for what is refused with this code, and with nothing else once there is an answer. */
  async refused(method: string, path: string, code: string): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.ask(method, path, {}, {});
      if (answer?.body['code'] === code) return;
      if (answer !== undefined && answer.status !== 503) throw this.unexpected(method, path, answer);
      await this.play.stage.scheduler.sleep(PAUSE_MS);
    }
    throw new Error(`${method} ${path} is never answered.`);
  }

  /** Signs in; returns the headers of the session. */
  async signIn(key = ADMIN_KEY): Promise<{ readonly cookie: string; readonly 'x-csrf-token': string }> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await this.ask('POST', '/api/session', { authorization: '' }, { body: { key } });
      if (answer?.status === 200) {
        const [cookie = ''] = answer.cookies[0]?.split(';') ?? [];
        return { cookie, 'x-csrf-token': String(answer.body['csrfToken']) };
      }
      if (answer !== undefined && answer.status !== 503)
        throw this.unexpected('POST', '/api/session', answer);
      await this.play.stage.scheduler.sleep(PAUSE_MS);
    }
    throw new Error('Nobody can sign in.');
  }

  /** Undefined: there was no answer. */
  private async ask(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    change: Change,
  ): Promise<Answer | undefined> {
    const ended = await this.play.stage.deployment.api(toRequest(method, path, headers, change));
    if (ended.kind === 'threw') throw new Error(`${method} ${path}: the function threw.`);
    return ended.kind === 'answered' ? toAnswer(ended.result) : undefined;
  }

  /** The same request to a new container, with nobody else about. */
  private async undisturbed(method: string, path: string, change: Change): Promise<Answer> {
    const { scheduler } = this.play.stage;
    const handler = wireAdmin({ scheduler, clients: this.play.world.clients }, () => 'rul_of_nobody');
    const event = toRequest(method, path, change.headers ?? {}, change);
    return toAnswer(await invocationStorage.run(OBSERVER, () => handler(event)));
  }

  /** What the model refused is most often why. */
  private unexpected(method: string, path: string, { status, text }: Answer): Error {
    const refused = [...this.play.world.dynamo.refusals].join(', ');
    return new Error(
      `${method} ${path} is answered with ${String(status)} ${text.slice(0, 300)}${refused === '' ? '' : `; the model refused ${refused}`}`,
    );
  }

  private newKey(): string {
    return this.play.stage.random.uuid();
  }
}

/** Every sealing of a cursor differs, and so does what looking changes: when a key was last used. */
const comparable = ({ status, text }: Answer): string =>
  `${String(status)} ${text.replaceAll(/"(?:cursor|lastUsedAt|expiresAt)":"[^"]*"/g, '')}`;

/** The objects of a list in an answer. */
export const listOf = (body: JsonRecord, name: string): readonly JsonRecord[] => {
  const list = body[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
};
