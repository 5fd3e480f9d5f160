import type { Item } from '../../adapters/attributes.ts';
import { eraseEvents } from '../../adapters/erase-events.ts';
import type { Erasing } from '../../adapters/erasing.ts';
import type { Erasure, ErasureTarget } from '../../adapters/erasure-store.ts';
import { fromEventItem } from '../../adapters/event-item.ts';
import { identityOf } from '../../adapters/user-eraser.ts';
import { isBefore } from '../../core/erasure.ts';

// One erasure, as far as it comes before the deadline. Every step may be done again by any number of workers: the erasure
// remembers where it is, and what is erased already is left alone.
//
//   links  every id of the user is written down, gets its tombstone, and is taken out of the users
//   first  under each id: events, usage rows, groups that nothing waits in any more
//   last   the same once more, when no decision made before the tombstones can be committed any more; and again for an
//          id that went in it, because somebody may have relied on its user
//
// docs/erasure.md has the whole argument.

export interface EraseUserDependencies extends Erasing {
  readonly now: () => number;
}

/**
 * Twice the longest time-out of a function that decides (reprocess, 300 s): the age of the oldest decision that may still
 * be committed, and time for the by-user index to show what was stored before that.
 */
export const LAST_PASS_AFTER_MS = 10 * 60_000;
/** After a user has gone in the last pass: the same, and the time that this worker may take until it goes. */
export const LOOK_AGAIN_AFTER_MS = 15 * 60_000;
/** When the timer takes an erasure that nobody has finished for lost. */
export const STALLED_MS = 15 * 60_000;
const ROUNDS_MAX = 20;

export type EraseResult =
  | 'finished'
  /** There is more to do: send the message again. */
  | 'continue'
  /** Nothing to do until the erasure is due again. */
  | 'waiting';

/** Throws when a store fails; the erasure then goes on from where it is. */
export async function eraseUser(
  deps: EraseUserDependencies,
  erasureId: string,
  deadline: number,
): Promise<EraseResult> {
  const { erasures, now } = deps;
  for (;;) {
    const erasure = await erasures.get(erasureId);
    if (erasure === undefined) return 'finished';
    if (erasure.finishedAt !== undefined) {
      await erasures.finish(erasureId, now());
      return 'finished';
    }
    if (now() < erasure.dueAt) return 'waiting';
    if (now() >= deadline) return 'continue';
    await erasures.lookAgainAt(erasureId, now() + STALLED_MS);
    const { phase } = erasure;
    if (phase === 'links') {
      await takeApart(deps, erasure);
      await erasures.enter(erasureId, 'links', 'first', now());
      continue;
    }
    for (const target of await erasures.targets(erasureId)) {
      if (target.done === phase || (target.dueAt ?? 0) > now()) continue;
      if (!(await eraseTarget(deps, erasure, target, deadline))) return 'continue';
    }
    if (phase === 'last') {
      const left = (await erasures.targets(erasureId)).filter(({ done }) => done !== 'last');
      const dueAt = Math.min(...left.map((target) => target.dueAt ?? 0));
      if (left.length === 0) {
        await erasures.finish(erasureId, now());
        return 'finished';
      }
      if (dueAt <= now()) continue;
      await erasures.lookAgainAt(erasureId, dueAt);
      return 'waiting';
    }
    const dueAt = now() + LAST_PASS_AFTER_MS;
    if (await erasures.enter(erasureId, 'first', 'last', dueAt)) await erasures.lookAgainAt(erasureId, dueAt);
  }
}

async function takeApart({ erasures, eraser }: EraseUserDependencies, erasure: Erasure): Promise<void> {
  const { id, userId } = erasure;
  if (userId === undefined) return;
  await erasures.addTargets(id, [identityOf(userId)]);
  // All that are known: of a user that is half taken apart, one id does not lead to the others any more.
  const ids = await erasures.targets(id);
  await erasures.count(id, await eraser.takeApart(ids, erasure, (found) => erasures.addTargets(id, found)));
}

/** Whether it came to the end of this id before the deadline. */
async function eraseTarget(
  deps: EraseUserDependencies,
  erasure: Erasure,
  target: ErasureTarget,
  deadline: number,
): Promise<boolean> {
  const { erasures, traces, eraser, now } = deps;
  const { id, boundary, phase } = erasure;
  let { cursor } = target;
  for (;;) {
    if (now() >= deadline) return false;
    const page = await traces.events(target.userKey, cursor);
    if (!(await erasePage(deps, erasure, page.keys, deadline))) return false;
    if (page.cursor === undefined) break;
    cursor = page.cursor;
    await erasures.advance(id, target.userKey, cursor, phase);
  }
  const usageRows = await traces.removeEmptyUsage(target.userKey);
  await erasures.count(id, { usageRows });
  // What was said by events that are erased now, whichever way it came back.
  await eraser.forget(target.userKey, boundary, async () => {
    // An event that the index does not show yet, or whose decision is under way, may rely on this user: the next look brings
    // it back. Noted before the user goes, so that no worker that finds nobody takes this look for the last.
    if (phase === 'last') await erasures.postpone(id, target.userKey, now() + LOOK_AGAIN_AFTER_MS);
  });
  await erasures.finishTarget(id, target.userKey, phase, now());
  return true;
}

async function erasePage(
  deps: EraseUserDependencies,
  { id, boundary }: Erasure,
  keys: readonly string[],
  deadline: number,
): Promise<boolean> {
  let pending = keys;
  for (let round = 0; pending.length > 0; round += 1) {
    if (round === ROUNDS_MAX || deps.now() >= deadline) return false;
    const items = [...(await deps.events.items(pending)).values()].filter((item) =>
      belongsToErased(item, boundary),
    );
    const result = await eraseEvents(deps, items, deadline);
    await deps.erasures.count(id, { events: result.erased.length });
    const [failure] = result.failed;
    if (failure !== undefined) throw failure.error;
    const left = new Set(items.flatMap((item) => item['x']?.S ?? []));
    for (const unmappedIn of left) await deps.traces.removeEmptyGroup(unmappedIn);
    pending = result.stale;
  }
  return true;
}

const belongsToErased = (item: Item, boundary: number): boolean =>
  item['st']?.S !== 'erased' && isBefore(fromEventItem(item), boundary);
