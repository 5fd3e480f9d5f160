import type { Erasing } from '../../adapters/erasing.ts';
import { mapAtMost } from '../../adapters/map-at-most.ts';
import { STALLED_MS } from './erase-user.ts';

// Sees to it that somebody works on every open erasure that is due: new ones, those whose last pass has come, and those
// whose message or worker was lost.

/** For one look; a burst of more is spread over several. */
const ERASURES_MAX = 5_000;
const AT_ONCE = 16;

/** Returns how many erasures were set going. */
export async function planErasures(
  { erasures, queue }: Pick<Erasing, 'erasures' | 'queue'>,
  now: () => number,
): Promise<number> {
  const due: string[] = [];
  for await (const { id, dueAt } of erasures.open()) {
    if (dueAt <= now()) due.push(id);
    if (due.length === ERASURES_MAX) break;
  }
  await queue.send(due);
  // After sending: a crash in between sends them twice, which does no harm.
  await mapAtMost(AT_ONCE, due, (id) => erasures.lookAgainAt(id, now() + STALLED_MS));
  return due.length;
}
