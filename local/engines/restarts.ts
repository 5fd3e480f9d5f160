import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 5_000;
const STABLE_AFTER_MS = 30_000;

/** The pause before each restart of something that died: short at first, doubling while it keeps dying. */
export class Restarts {
  private pauseMs = FIRST_PAUSE_MS;
  private lastMs = 0;

  async pause(signal: AbortSignal): Promise<void> {
    const now = performance.now();
    if (now - this.lastMs > STABLE_AFTER_MS) this.pauseMs = FIRST_PAUSE_MS;
    this.lastMs = now;
    const pauseMs = this.pauseMs;
    this.pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    await delay(pauseMs, undefined, { signal });
  }
}
