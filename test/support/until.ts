import { setTimeout as pause } from 'node:timers/promises';

const POLL_EVERY_MS = 50;

/** Waits until the condition holds; throws an error that names it when it has not within `deadlineMs`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs: number,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`Not within ${String(deadlineMs)} ms: ${what}.`);
    await pause(POLL_EVERY_MS);
  }
}
