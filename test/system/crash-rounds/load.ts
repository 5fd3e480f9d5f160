import type { PipelineApi } from '../../../demo/pipeline-api.ts';
import type { Random } from '../../../demo/random.ts';

// What the senders of the crash rounds send, what of it was acknowledged, and whether that is what was counted.

export interface SentEvent {
  readonly type: 'track';
  readonly messageId: string;
  readonly userId: string;
  readonly event: string;
  readonly timestamp: string;
  readonly properties: { readonly featureId?: string; readonly delta: number };
}

export interface SentRequest {
  readonly path: string;
  readonly body: unknown;
  readonly events: readonly SentEvent[];
}

const USERS = 25;
const RANGE = { from: '2026-11-01', to: '2026-11-05' };

export class Load {
  readonly confirmed: SentEvent[] = [];
  private readonly random: Random;
  private back: SentRequest[] = [];
  private count = 0;
  private isOpen = true;

  constructor(random: Random) {
    this.random = random;
  }

  /** First what was given back, then new requests, until it is closed. */
  *requests(): Iterable<SentRequest> {
    yield* this.givenBack();
    while (this.isOpen) yield this.newRequest();
  }

  *givenBack(): Iterable<SentRequest> {
    const again = this.back;
    this.back = [];
    yield* again;
  }

  hasGivenBack(): boolean {
    return this.back.length > 0;
  }

  giveBack(request: SentRequest): void {
    this.back.push(request);
  }

  confirm({ events }: SentRequest): void {
    this.confirmed.push(...events);
  }

  close(): void {
    this.isOpen = false;
  }

  open(): void {
    this.isOpen = true;
  }

  private newRequest(): SentRequest {
    const { random } = this;
    const events = Array.from({ length: random.chance(0.4) ? 1 : random.integer(2, 60) }, () =>
      this.newEvent(),
    );
    const [only] = events;
    if (events.length === 1) return { path: random.pick(['/segment', '/v1/track']), body: only, events };
    return random.chance(0.5)
      ? { path: '/segment', body: events, events }
      : { path: '/v1/batch', body: { batch: events }, events };
  }

  private newEvent(): SentEvent {
    const { random } = this;
    this.count += 1;
    // Eighths add up exactly in a double.
    const delta = random.integer(1, 400) / 8;
    return {
      type: 'track',
      messageId: `event-${String(this.count)}`,
      userId: `user-${String(random.integer(1, USERS))}`,
      timestamp: new Date(Date.UTC(2026, 10, 2, 9, 0, this.count % 3_600)).toISOString(),
      ...(random.chance(0.5)
        ? { event: 'Called', properties: { featureId: 'calls', delta } }
        : { event: 'Sent', properties: { delta } }),
    };
  }
}

/** Where the usage that the API tells is not that of these events, as sentences. */
export async function comparison(api: PipelineApi, events: readonly SentEvent[]): Promise<readonly string[]> {
  const differences: string[] = [];
  const compare = async (who: string, of: readonly SentEvent[], userId?: string): Promise<void> => {
    const counted = new Map(
      (await api.usage({ ...RANGE, ...(userId !== undefined && { userId }) })).map(
        ({ featureId, sum, count }) => [featureId, `${sum} in ${String(count)} events`],
      ),
    );
    for (const [featureId, part] of Object.entries(Object.groupBy(of, featureOf))) {
      const sent = `${String((part ?? []).reduce((sum, { properties }) => sum + properties.delta, 0))} in ${String(part?.length ?? 0)} events`;
      if (counted.get(featureId) !== sent)
        differences.push(
          `${who}, ${featureId}: counted ${counted.get(featureId) ?? 'nothing'}, acknowledged ${sent}`,
        );
    }
  };
  await compare('everybody', events);
  for (const [userId, part] of Object.entries(Object.groupBy(events, (event) => event.userId)))
    await compare(userId, part ?? [], userId);
  return differences;
}

const featureOf = ({ event }: SentEvent): string => (event === 'Called' ? 'calls' : 'messages');
