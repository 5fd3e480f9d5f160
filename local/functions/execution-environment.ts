import { type ChildProcess, fork } from 'node:child_process';
import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Watchdog } from '../engines/watchdog.ts';
import type { LogSink } from '../log.ts';
import { REGION } from '../local-account.ts';
import type { FunctionPlan } from '../template/plan.ts';
import { LineReader } from './line-reader.ts';

// One process that runs one function, one invocation at a time: Lambda's execution environment. Whatever the function
// does to itself (throw, hang, exit, run out of memory), the process is what ends, and the invocation gets an outcome.

/** Of a function: the answer as JSON text, or the error in Lambda's terms. */
export type Outcome =
  { readonly ok: true; readonly payload: string } | { readonly ok: false; readonly error: FunctionError };

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
}

export interface EnvironmentOptions {
  readonly plan: FunctionPlan;
  /** The proxy in front of every AWS service. */
  readonly serviceUrl: string;
  readonly log: LogSink;
  readonly watchdog: Watchdog;
  /** Where Node keeps compiled code between starts. */
  readonly compileCacheFolder: string;
  /** Of its process, as `os.setPriority` takes it: more is less. It is never above the runtime's. */
  readonly priority: number;
}

const BOOTSTRAP = fileURLToPath(new URL('./bootstrap.mjs', import.meta.url));
/** As Lambda's: loading the bundle has its own limit, apart from the function's timeout. */
const INIT_TIMEOUT_MS = 10_000;
/** Node needs memory beside its heap; this is the share that Lambda's own runtime gives the heap. */
const HEAP_SHARE = 0.9;
const OUT_OF_MEMORY = 'heap out of memory';

interface Pending {
  readonly id: string | undefined;
  readonly settle: (outcome: Outcome) => void;
  readonly timer: NodeJS.Timeout;
}

export class ExecutionEnvironment {
  private readonly options: EnvironmentOptions;
  private readonly child: ChildProcess;
  private pending: Pending | undefined;
  private ended = false;
  private outOfMemory = false;

  constructor(options: EnvironmentOptions) {
    const { plan, log, watchdog } = options;
    this.options = options;
    // Detached: Ctrl-C in a terminal must not end an invocation that the runtime wants to let finish.
    this.child = fork(BOOTSTRAP, [options.compileCacheFolder], {
      env: environmentOf(options),
      execArgv: [
        `--max-old-space-size=${Math.floor(plan.memoryMb * HEAP_SHARE)}`,
        // The nursery, in MB. With 2 an ingest function takes a tenth more time than with 16, and with 16 all processes
        // together have 200 MB more than with 8.
        '--max-semi-space-size=8',
      ],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
      cwd: plan.codeFolder,
    });
    const { pid } = this.child;
    if (pid !== undefined) {
      watchdog.guard(pid);
      if (options.priority > getPriority()) lowerPriority(pid, options.priority);
    }
    for (const stream of [this.child.stdout, this.child.stderr]) {
      const reader = new LineReader((line) => {
        if (line.includes(OUT_OF_MEMORY)) this.outOfMemory = true;
        log({ source: plan.displayName, level: 'output', text: line });
      });
      stream?.setEncoding('utf8').on('data', (text: string) => {
        reader.read(text);
      });
      stream?.on('end', () => {
        reader.end();
      });
    }
    this.child.on('message', (message) => {
      this.receive(message);
    });
    this.child.on('error', (error) => {
      this.settle({ ok: false, error: { errorType: 'Runtime.ProcessError', errorMessage: error.message } });
    });
    // `close` comes after the last output, which says whether memory ran out.
    this.child.once('close', (code, signal) => {
      this.ended = true;
      if (pid !== undefined) watchdog.release(pid);
      this.settle({ ok: false, error: this.exitError(code, signal) });
    });
  }

  get alive(): boolean {
    return !this.ended;
  }

  get pid(): number | undefined {
    return this.ended ? undefined : this.child.pid;
  }

  /** Settles when the handler is loaded; a failed outcome means that this environment is of no use. */
  async ready(): Promise<Outcome> {
    return await this.expect(undefined, INIT_TIMEOUT_MS, 'Initialisation timed out after 10.00 seconds');
  }

  async invoke(id: string, event: unknown): Promise<Outcome> {
    const { timeoutMs, arn } = this.options.plan;
    const seconds = (timeoutMs / 1000).toFixed(2);
    const outcome = this.expect(id, timeoutMs, `${id} Task timed out after ${seconds} seconds`);
    this.child.send({ id, event, arn, deadlineMs: Date.now() + timeoutMs }, (error) => {
      if (error === null) return;
      this.settle({ ok: false, error: { errorType: 'Runtime.ExitError', errorMessage: error.message } });
    });
    return await outcome;
  }

  /** At once, whatever it does. Settles when the process is gone. */
  async kill(): Promise<void> {
    if (this.ended) return;
    const gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }

  private expect(id: string | undefined, timeoutMs: number, timeoutMessage: string): Promise<Outcome> {
    return new Promise((resolve) => {
      if (this.ended) {
        resolve({
          ok: false,
          error: { errorType: 'Runtime.ExitError', errorMessage: 'The process has ended' },
        });
        return;
      }
      const timer = setTimeout(() => {
        this.settle({ ok: false, error: { errorType: 'Sandbox.Timedout', errorMessage: timeoutMessage } });
        void this.kill();
      }, timeoutMs);
      this.pending = { id, settle: resolve, timer };
    });
  }

  private settle(outcome: Outcome): void {
    if (this.pending === undefined) return;
    clearTimeout(this.pending.timer);
    const { settle } = this.pending;
    this.pending = undefined;
    settle(outcome);
  }

  private receive(message: unknown): void {
    // The function shares the channel and may send what it likes; only our own shapes for the open invocation count.
    if (typeof message !== 'object' || message === null || !('type' in message)) return;
    const id = 'id' in message ? message.id : undefined;
    if (this.pending === undefined || id !== this.pending.id) return;
    if (message.type === 'ready') {
      this.settle({ ok: true, payload: 'null' });
    } else if (message.type === 'result' && 'payload' in message && typeof message.payload === 'string') {
      this.settle({ ok: true, payload: message.payload });
    } else if ('error' in message && isFunctionError(message.error)) {
      this.settle({ ok: false, error: message.error });
    }
  }

  private exitError(code: number | null, signal: NodeJS.Signals | null): FunctionError {
    const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
    return this.outOfMemory
      ? {
          errorType: 'Runtime.OutOfMemory',
          errorMessage: `Runtime ran out of its ${this.options.plan.memoryMb} MB of memory (${how})`,
        }
      : { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with error: ${how}` };
  }
}

function isFunctionError(value: unknown): value is FunctionError {
  return (
    typeof value === 'object' &&
    value !== null &&
    'errorType' in value &&
    typeof value.errorType === 'string' &&
    'errorMessage' in value &&
    typeof value.errorMessage === 'string'
  );
}

/** Nothing of the environment that the runtime was started in: what works here must work with what AWS gives. */
function lowerPriority(pid: number, priority: number): void {
  try {
    setPriority(pid, priority);
  } catch {
    // It has ended already, which the invocation is told.
  }
}

function environmentOf({ plan, serviceUrl }: EnvironmentOptions): Record<string, string> {
  return {
    ...plan.environment,
    _HANDLER: plan.handler,
    LAMBDA_TASK_ROOT: plan.codeFolder,
    AWS_LAMBDA_FUNCTION_NAME: plan.name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(plan.memoryMb),
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${plan.name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: 'local',
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split('.')[0] ?? ''}.x`,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    // The proxy tells functions apart by this, and gives each what its role allows.
    AWS_ACCESS_KEY_ID: plan.logicalId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: serviceUrl,
    AWS_ENDPOINT_URL_DYNAMODB: serviceUrl,
    AWS_ENDPOINT_URL_SQS: serviceUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: serviceUrl,
    // Keeps the SDK from reading the configuration of the person whose machine this is.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    // Read by the C library before Node starts, and taken away by the bootstrap: 5 MB less for each process.
    MALLOC_ARENA_MAX: '1',
    LANG: 'en_US.UTF-8',
    TZ: 'UTC',
    PATH: '/usr/local/bin:/usr/bin:/bin',
  };
}
