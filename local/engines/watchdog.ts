import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Sees to it that no child outlives the runtime, even when the runtime is killed with -9 and can do nothing itself, and
 * even when the child is in a busy loop and notices nothing. It is a shell that reads `+ pid` and `- pid` lines from a pipe
 * whose other end the runtime holds: when the runtime is gone the pipe ends, and the shell kills what is left.
 *
 * The shell costs about 1 MB. It ignores signals meant for the terminal's foreground group, so that Ctrl-C leaves it in
 * place until the runtime has stopped in order.
 */
const SCRIPT = `
trap '' INT TERM HUP
pids=
while read -r op pid; do
  rest=
  for known in $pids; do [ "$known" = "$pid" ] || rest="$rest $known"; done
  pids=$rest
  [ "$op" = + ] && pids="$pids $pid"
done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
`;

export interface Watchdog {
  guard(pid: number): void;
  release(pid: number): void;
  pid(): number | undefined;
  stop(): Promise<void>;
}

export function startWatchdog(): Watchdog {
  // Without a POSIX shell there is no such guard; children then notice the end of their IPC channel, if they are idle.
  if (process.platform === 'win32') {
    return { guard: () => {}, release: () => {}, pid: () => undefined, stop: () => Promise.resolve() };
  }
  const guarded = new Set<number>();
  let stopping = false;
  let shell = spawnShell();

  function spawnShell(): ChildProcess {
    const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
    child.unref();
    child.stdin?.on('error', () => {
      // The shell was killed; its exit is handled below.
    });
    child.on('exit', () => {
      if (!stopping) shell = spawnShell();
    });
    for (const pid of guarded) child.stdin?.write(`+ ${pid}\n`);
    return child;
  }

  return {
    guard: (pid) => {
      guarded.add(pid);
      shell.stdin?.write(`+ ${pid}\n`);
    },
    release: (pid) => {
      guarded.delete(pid);
      shell.stdin?.write(`- ${pid}\n`);
    },
    pid: () => shell.pid,
    stop: async () => {
      stopping = true;
      if (shell.exitCode !== null || shell.signalCode !== null) return;
      const ended = new Promise((resolve) => shell.once('exit', resolve));
      shell.ref();
      shell.stdin?.end();
      await ended;
    },
  };
}
