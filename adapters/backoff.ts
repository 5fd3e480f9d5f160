import { setTimeout } from 'node:timers/promises';

const FIRST_MS = 20;
const LONGEST_MS = 2_000;

/**
 * Waits before attempt number `attempt` (1 is the first retry): exponential with full jitter, which is what keeps
 * workers that collided once from colliding again ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 */
export async function pause(attempt: number): Promise<void> {
  await setTimeout(Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt));
}
