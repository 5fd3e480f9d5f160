import { randomUUID } from 'node:crypto';
import type { FunctionPool } from '../functions/function-pool.ts';
import { ACCOUNT_ID, REGION } from '../local-account.ts';
import type { LogSink } from '../log.ts';
import type { TimerPlan } from '../template/plan.ts';
import { type EventSource, pause } from './event-source.ts';

// An EventBridge rule with a rate. On AWS a rate counts from the creation of the rule; here each start of the runtime
// counts as one, and is a tick itself, so that what the end of the last run interrupted is taken up at once.

interface TimerTarget {
  readonly pool: FunctionPool;
  readonly functionName: string;
  readonly retriesMax: number;
  readonly input: unknown;
}

interface TimerSourceOptions {
  readonly timer: TimerPlan;
  readonly targets: readonly TimerTarget[];
  /** Above 1, time passes faster for this timer than for the clock on the wall. */
  readonly scale: number;
  readonly log: LogSink;
}

/** Lambda's own pauses between the attempts of an asynchronous invocation. */
const RETRY_PAUSES_MS = [60_000, 120_000];

export function startTimerSource({ timer, targets, scale, log }: TimerSourceOptions): EventSource {
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();

  async function invoke({ pool, functionName, retriesMax, input }: TimerTarget): Promise<void> {
    const event = input ?? scheduledEvent(timer.arn);
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      const outcome = await pool.invoke(event).catch(() => undefined);
      if (outcome?.ok === true || attempt >= retriesMax) return;
      const reason = outcome === undefined ? 'throttled' : outcome.error.errorMessage;
      if (!signal.aborted) {
        log({
          source: 'runtime',
          level: 'warn',
          text: `${functionName}, called by a timer, failed: ${reason}`,
        });
      }
      await pause((RETRY_PAUSES_MS[attempt] ?? 0) / scale, signal);
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      for (const target of targets) {
        const invocation = invoke(target).finally(() => running.delete(invocation));
        running.add(invocation);
      }
      await pause(timer.periodMs / scale, signal);
    }
    await Promise.all(running);
  }

  const ended = run();
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

function scheduledEvent(ruleArn: string): Readonly<Record<string, unknown>> {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: ACCOUNT_ID,
    time: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    region: REGION,
    resources: [ruleArn],
    detail: {},
  };
}
