import { Worker } from 'node:worker_threads';
import { reasonOf } from '../caught.ts';
import type { LogSink } from '../log.ts';
import { StartError } from '../start-error.ts';
import type { Engine } from './engine.ts';
import { freePort } from './free-port.ts';
import { Restarts } from './restarts.ts';
import type { SqsAnswer, SqsCall } from './sqs-answer.ts';

// Runs the embedded SQS (sqs-worker.ts) in a thread, and starts it again when it dies, on the same port.

export interface SqsEngine extends Engine {
  /**
   * The answer to one call from this thread, without a connection: half of what a call costs otherwise. Rejects where the
   * engine is not running, or stops before it has answered.
   */
  call(operation: string, body: Buffer): Promise<SqsAnswer>;
}

interface SqsEngineOptions {
  readonly folder: string;
  readonly log: LogSink;
}

const PORT_ATTEMPTS_MAX = 3;
const NOT_RUNNING = 'The embedded SQS is not running.';

export async function startSqsEngine(options: SqsEngineOptions): Promise<SqsEngine> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    // Whoever had messages in flight died with the runtime before this one, so nobody would delete or return them.
    const started = await launch(options, port, true);
    if ('worker' in started) return supervise(options, port, started.worker);
    if (attempt < PORT_ATTEMPTS_MAX && started.failure.includes('EADDRINUSE')) continue;
    throw new StartError(
      `The embedded SQS does not start with ${options.folder} (${started.failure}): if the file in it is damaged, restore it from a backup, or move the folder away to start with empty queues.`,
    );
  }
}

function supervise(options: SqsEngineOptions, port: number, first: Worker): SqsEngine {
  const stopping = new AbortController();
  const restarts = new Restarts();
  const { log } = options;
  const pending = new Map<number, { resolve: (answer: SqsAnswer) => void; reject: (error: Error) => void }>();
  let worker = first;
  let isRunning = true;
  let reason = 'it ended';
  let calls = 0;

  async function restart(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await restarts.pause(stopping.signal);
      } catch {
        return;
      }
      const started = await launch(options, port, false);
      if ('worker' in started) {
        worker = started.worker;
        if (stopping.signal.aborted) await worker.terminate();
        else watch();
        log({ source: 'runtime', level: 'warn', text: 'The embedded SQS is running again.' });
        return;
      }
      log({ source: 'runtime', level: 'warn', text: `The embedded SQS did not start: ${started.failure}` });
    }
  }

  function watch(): void {
    isRunning = true;
    worker.on('message', ({ id, answer }: { id: number; answer: SqsAnswer }) => {
      pending.get(id)?.resolve(answer);
      pending.delete(id);
    });
    worker.on('error', (error) => {
      reason = reasonOf(error);
    });
    worker.once('exit', () => {
      isRunning = false;
      for (const { reject } of pending.values()) reject(new Error(NOT_RUNNING));
      pending.clear();
      if (stopping.signal.aborted) return;
      log({
        source: 'runtime',
        level: 'warn',
        text: `The embedded SQS died (${reason}); it is being started again. Requests that need it are answered 503 until then, and nothing that was acknowledged is lost.`,
      });
      void restart();
    });
  }

  watch();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    pid: () => undefined,
    call: (operation, body) =>
      new Promise((resolve, reject) => {
        if (!isRunning) {
          reject(new Error(NOT_RUNNING));
          return;
        }
        calls += 1;
        pending.set(calls, { resolve, reject });
        const call: SqsCall = { id: calls, operation, body: body.toString('utf8') };
        worker.postMessage(call);
      }),
    stop: async () => {
      stopping.abort();
      const ended = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage('stop');
      const hard = setTimeout(() => void worker.terminate(), 2_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

async function launch(
  { folder }: SqsEngineOptions,
  port: number,
  makeInFlightVisible: boolean,
): Promise<{ worker: Worker } | { failure: string }> {
  const worker = new Worker(new URL('./sqs-worker.ts', import.meta.url), {
    workerData: { folder, port, makeInFlightVisible },
    // The thread needs none of the flags that the process was started with (jest adds some).
    execArgv: [],
    env: {},
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  return await new Promise((resolve) => {
    let failure = 'it ended at once';
    worker.once('message', () => {
      resolve({ worker });
    });
    worker.on('error', (error) => {
      failure = reasonOf(error);
    });
    worker.once('exit', () => {
      resolve({ failure });
    });
  });
}
