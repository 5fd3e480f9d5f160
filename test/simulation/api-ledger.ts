// What is known of changes that were asked for over the admin API: what was sent under one Idempotency-Key, and what it was
// answered with.

export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** Of the rule that it makes; no other request makes one of this name. */
  readonly ruleName?: string | undefined;
}

interface SentRequest extends ApiRequest {
  /** Those that say what became of it. */
  readonly answers: Set<string>;
  isDone: boolean;
  /** How often it was carried out to the end. */
  carriedOut: number;
}

export class ApiLedger {
  private readonly requests = new Map<string, SentRequest>();
  /** Name → ids of the rules that were ever made with it. */
  private readonly rules = new Map<string, Set<string>>();

  sent(key: string, { method, path, ruleName }: ApiRequest): void {
    this.requests.set(key, {
      method,
      path,
      ruleName,
      answers: new Set(),
      isDone: false,
      carriedOut: 0,
    });
  }

  answered(key: string, status: number, text: string, isReplayed: boolean): void {
    const request = this.requests.get(key);
    if (request === undefined) throw new RangeError('Nobody has sent a request under this key.');
    request.answers.add(`${String(status)} ${text}`);
    request.isDone ||= status < 300;
    if (!isReplayed) request.carriedOut += 1;
  }

  ruleWasMade(name: string, id: string): void {
    this.rules.set(name, (this.rules.get(name) ?? new Set()).add(id));
  }

  /** A key is a promise of one effect and one answer. */
  violations(): string[] {
    return [...this.requests.values()].flatMap(({ method, path, ruleName, answers, isDone, carriedOut }) => {
      const made = ruleName === undefined ? 0 : (this.rules.get(ruleName)?.size ?? 0);
      return [
        ...(answers.size > 1
          ? [`${method} ${path} has several answers under one key: ${[...answers].join(' and ')}`]
          : []),
        ...(carriedOut > 1
          ? [`${method} ${path} under one key was carried out ${String(carriedOut)} times`]
          : []),
        ...(made > 1 ? [`${method} ${path} under one key made ${String(made)} rules`] : []),
        ...(ruleName !== undefined && isDone && made === 0
          ? [`${method} ${path} was answered, and made no rule`]
          : []),
      ];
    });
  }
}
