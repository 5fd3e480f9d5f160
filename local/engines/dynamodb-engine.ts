import { type ChildProcess, spawn } from 'node:child_process';
import type { LogSink } from '../log.ts';
import { StartError } from '../start-error.ts';
import type { Engine } from './engine.ts';
import { freePort } from './free-port.ts';
import { Restarts } from './restarts.ts';
import type { Watchdog } from './watchdog.ts';

// The embedded DynamoDB is a program of its own (dynoxide: SQLite behind DynamoDB's API). It keeps its port for as long as
// the runtime runs, so that a restart after a crash needs nothing of anybody: connections are refused until it is back,
// and every write that it acknowledged is in its file.

interface DynamodbEngineOptions {
  readonly binary: string;
  readonly file: string;
  readonly log: LogSink;
  readonly watchdog: Watchdog;
}

const PORT_ATTEMPTS_MAX = 3;

export async function startDynamodbEngine(options: DynamodbEngineOptions): Promise<Engine> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const started = await launch(options, port);
    if ('child' in started) return supervise(options, port, started.child);
    // The one failure worth another try: somebody took the port between asking for it and using it.
    if (attempt < PORT_ATTEMPTS_MAX && /in use/i.test(started.failure)) continue;
    throw new StartError(
      `The embedded DynamoDB does not start with ${options.file} (${started.failure}): if the file is damaged, restore it from a backup, or move the folder away to start empty.`,
    );
  }
}

function supervise(options: DynamodbEngineOptions, port: number, first: ChildProcess): Engine {
  const stopping = new AbortController();
  const restarts = new Restarts();
  const { log } = options;
  let child = first;

  async function restart(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await restarts.pause(stopping.signal);
      } catch {
        return;
      }
      const started = await launch(options, port);
      if ('child' in started) {
        child = started.child;
        if (stopping.signal.aborted) child.kill('SIGKILL');
        else watch();
        log({ source: 'runtime', level: 'warn', text: 'The embedded DynamoDB is running again.' });
        return;
      }
      log({
        source: 'runtime',
        level: 'warn',
        text: `The embedded DynamoDB did not start: ${started.failure}`,
      });
    }
  }

  function watch(): void {
    child.once('exit', (code, signal) => {
      if (stopping.signal.aborted) return;
      log({
        source: 'runtime',
        level: 'warn',
        text: `The embedded DynamoDB died (${signal ?? `exit code ${code}`}); it is being started again. Requests that need it are answered 503 until then, and nothing that was acknowledged is lost.`,
      });
      void restart();
    });
  }

  watch();
  return {
    endpoint: `http://127.0.0.1:${port}`,
    pid: () => child.pid,
    stop: async () => {
      stopping.abort();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      const hard = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

async function launch(
  { binary, file, watchdog }: DynamodbEngineOptions,
  port: number,
): Promise<{ child: ChildProcess } | { failure: string }> {
  // Detached, so that Ctrl-C in a terminal reaches only the runtime, which stops its children in order.
  const child = spawn(binary, ['serve', '--host', '127.0.0.1', '--port', String(port), '--db-path', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const { pid } = child;
  if (pid !== undefined) {
    watchdog.guard(pid);
    child.once('exit', () => {
      watchdog.release(pid);
    });
  }
  return await new Promise((resolve) => {
    let said = '';
    // It says on stderr that it listens, as it does everything else.
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-1_000);
      if (said.includes('listening on')) resolve({ child });
    });
    child.once('error', (error) => {
      resolve({ failure: error.message });
    });
    child.once('exit', (code, signal) => {
      resolve({
        failure: said.trim().replace(/^error: /, '') || `it ended with ${signal ?? `exit code ${code}`}`,
      });
    });
  });
}
