import { toAnswer, toRequest, type Answer } from './api-request.ts';
import type { Play } from './play.ts';
import { invocationStorage } from './scheduler.ts';
import { ADMIN_KEY } from './secret-values.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';
import { wireAdmin } from './wire-admin.ts';
import { OBSERVER } from './world.ts';

// A patient person at the admin API, who does what its document says: sends again what got no answer, or 503, under the same
// Idempotency-Key; where it cannot be known whether a change was made, looks, and makes it again only if it was not, under a
// new key. Anything else than an answer of the document ends the run: 500, a function that throws, a refusal of what cannot be
// refused. A repetition under the same key is never refused because the change was made: it is the same change. Repetitions go
// out twice at once, and what was answered is asked for once more: all of it is carried out to its end once at most.

const ATTEMPTS_MAX = 60;
const PAUSE_MS = 5_000;

export interface Change {
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the change has been made already; asked where nobody can say. */
  readonly isMade?: () => Promise<boolean>;
  /** What it may be refused with under another key, because the change has been made. */
  readonly madeCode?: string;
  /** Whether it takes no key, so that each repetition is as one under another. */
  readonly isKeyless?: boolean;
}

export class ApiClient {
  private readonly play: Play;

  constructor(play: Play) {
    this.play = play;
  }

  /** Makes a change once. Empty when it had been made and its answer is lost. */
  async change(method: string, path: string, change: Change = {}): Promise<JsonRecord> {
    let key = this.newKey();
    let isAnother = false;
    let carriedOut = 0;
    const askAtOnce = async (times: number): Promise<Answer | undefined> => {
      const headers = { 'idempotency-key': key, ...change.headers };
      const answers = await Promise.all(
        Array.from({ length: times }, () => this.ask(method, path, headers, change)),
      );
      const decided = answers.filter((answer) => answer !== undefined && isDecided(answer));
      carriedOut += decided.filter((answer) => answer?.headers[REPLAYED] === undefined).length;
      if (carriedOut > 1 && change.isKeyless !== true)
        throw new Error(`${method} ${path} is carried out ${String(carriedOut)} times under one key.`);
      return decided[0] ?? answers[0];
    };
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const answer = await askAtOnce(attempt === 0 || change.isKeyless === true ? 1 : 2);
      const code = answer?.body['code'];
      if (answer === undefined || answer.status === 503 || code === 'in_progress')
        isAnother ||= change.isKeyless === true;
      else if (answer.status < 300) {
        if (change.isKeyless !== true) await askAtOnce(1);
        return answer.body;
      } else if ((attempt > 0 && code === 'answer_not_kept') || (isAnother && code === change.madeCode))
        return {};
      else if (code === 'outcome_unknown') {
        if ((await change.isMade?.()) === true) return {};
        key = this.newKey();
        isAnother = true;
        carriedOut = 0;
      } else throw this.unexpected(method, path, answer);
      await this.play.stage.scheduler.sleep(PAUSE_MS);
    }
    throw new Error(`${method} ${path} is never answered.`);
  }

  /**
   * Reads until there is an answer, which must be the one that is given when nothing fails. Where another function has
   * written in the meantime, both may be right, and it reads again.
   */
  async read(path: string, method = 'GET', change: Change = {}): Promise<JsonRecord> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const { backgroundWrites } = this.play;
      const answer = await this.ask(method, path, { ...change.headers }, change);
      if (answer?.status === 200) {
        const right = await this.undisturbed(method, path, change);
        if (comparable(answer) === comparable(right)) return answer.body;
        if (this.play.backgroundWrites === backgroundWrites)
          throw new Error(`${method} ${path} says ${comparable(answer)} and not ${comparable(right)}`);
      } else if (answer !== undefined && answer.status !== 503) throw this.unexpected(method, path, answer);
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

/** Answers that do not come from carrying a request out to its end. */
const UNDECIDED = new Set(['in_progress', 'outcome_unknown', 'answer_not_kept']);
const REPLAYED = 'idempotent-replayed';

const isDecided = ({ status, body }: Answer): boolean =>
  status !== 503 && !UNDECIDED.has(String(body['code']));

/** Every sealing of a cursor differs, and so does what looking changes: when a key was last used. */
const comparable = ({ status, text }: Answer): string =>
  `${String(status)} ${text.replaceAll(/"(?:cursor|lastUsedAt|expiresAt)":"[^"]*"/g, '')}`;

/** The objects of a list in an answer. */
export const listOf = (body: JsonRecord, name: string): readonly JsonRecord[] => {
  const list = body[name];
  return Array.isArray(list) ? list.filter(isRecord) : [];
};
