// npm runs a script in a shell and hands a SIGTERM on to that shell, which ends without handing it on (dash does). The
// program would go on with its port and its data folder, and nobody left to stop it.

const LOOK_EVERY_MS = 250;

/** Calls back once when the process that started this one is gone. */
export function onParentEnd(ended: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    ended();
  }, LOOK_EVERY_MS);
  timer.unref();
}
