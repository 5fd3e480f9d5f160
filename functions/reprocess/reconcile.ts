import type {
  FoundDifference,
  Reconciliation,
  ReconciliationStore,
} from '../../adapters/reconciliation-store.ts';
import type { SweepQueue } from '../../adapters/sweep-queue.ts';
import type { RowFilter, UsageAudit } from '../../adapters/usage-audit.ts';
import { differingRows, judgeRound, type Difference } from '../../core/reconcile.ts';
import { spread } from '../../core/unmapped-group.ts';
import { toAnswerAmount, type UsageLedger } from '../../core/usage-ledger.ts';
import { logError } from '../log.ts';

// Works through one part of a reconciliation: recomputes the counter rows of the part from all stored events and compares.
// Nothing is written but the result, so a part that dies is simply done again when its message comes back.
// Differences are also logged, once the run has ended: an alarm is made of the line (infra/monitoring.ts).

export interface ReconcileDependencies {
  readonly audit: UsageAudit;
  readonly reconciliations: ReconciliationStore;
  readonly sweeps: SweepQueue;
  readonly now: () => number;
}

/** Rows of one part, which bounds memory: it holds them twice, as stored and as recomputed. More rows make more parts. */
const ROWS_PER_PART = 50_000;
/** Where the events speak of so many more rows than are stored, the parts are no bound. */
const ROWS_MAX_FACTOR = 2;
/** What is wrong must be wrong twice; what moves gets another chance. */
const ROUNDS_MAX = 3;
/** A part that neither ends nor says why it cannot, so often, will not. */
const ATTEMPTS_MAX = 5;
/** A run that nobody has moved for so long has lost its message, or its worker (whose timeout is five minutes). */
const STALLED_MS = 6 * 60_000;
const RESUMED_MAX = 20;

/** Its message is what the reconciliation says to people. */
class CannotReconcileError extends Error {
  override readonly name = 'CannotReconcileError';
}

/** Throws when a store fails; the part is then done again. */
export async function reconcilePart(
  deps: ReconcileDependencies,
  id: string,
  deadline: number,
  rowsPerPart = ROWS_PER_PART,
): Promise<'finished' | 'continue' | 'handed over'> {
  const run = await deps.reconciliations.get(id);
  // Whoever ended it may have died before the line was written; then the message is back. Twice is no harm, never is.
  if (run !== undefined) reportDifferences(run);
  if (run?.status !== 'running') return 'handed over';
  const attempt = await deps.reconciliations.begin(run, deps.now());
  if (attempt === undefined) return 'handed over';
  try {
    if (attempt > ATTEMPTS_MAX) {
      throw new CannotReconcileError(
        'It did not come to an end however often it was tried: look at the log of the reprocess function, then start another.',
      );
    }
    const parts = run.parts ?? Math.max(1, Math.ceil((await deps.audit.size()) / rowsPerPart));
    const found = await comparePart(deps, {
      part: run.part,
      parts,
      deadline,
      rowsMax: rowsPerPart * ROWS_MAX_FACTOR,
    });
    const moved = await deps.reconciliations.finishPart(run, { parts, ...found }, deps.now());
    if (moved === undefined) return 'handed over';
    reportDifferences(moved);
    return moved.status === 'running' ? 'continue' : 'finished';
  } catch (error) {
    if (!(error instanceof CannotReconcileError)) throw error;
    await deps.reconciliations.fail(run, error.message, deps.now());
    // What the parts before found is wrong, whatever became of the rest.
    reportDifferences({ ...run, status: 'failed' });
    return 'finished';
  }
}

/** Of a run that has ended. Whose usage differs is for the API to say, not for a log. */
function reportDifferences({ id, status, differenceCount }: Reconciliation): void {
  if (status === 'running' || differenceCount === 0) return;
  logError('a reconciliation found differences', { reconciliationId: id, differenceCount });
}

/** Sets runs going again that have stopped. Called by the timer. */
export async function resumeReconciliations(deps: ReconcileDependencies): Promise<void> {
  const stalled = (await deps.reconciliations.list(RESUMED_MAX)).filter(
    ({ status, updatedAt }) => status === 'running' && deps.now() - updatedAt > STALLED_MS,
  );
  await deps.sweeps.send(stalled.map(({ id }) => ({ reconciliationId: id })));
}

interface Part {
  readonly part: number;
  readonly parts: number;
  readonly deadline: number;
  readonly rowsMax: number;
}

type Found = Pick<Reconciliation, 'scanned' | 'unsettled' | 'unreadable'> & {
  readonly differences: readonly FoundDifference[];
};

async function comparePart(
  { audit, now }: ReconcileDependencies,
  { part, parts, deadline, rowsMax }: Part,
): Promise<Found> {
  const everyPage = ({ rows }: UsageLedger): void => {
    if (now() >= deadline) {
      throw new CannotReconcileError(
        'Reading everything took longer than one run of the reprocess function may (five minutes): there are too many events for it, or the tables are too busy at the moment.',
      );
    }
    if (rows.size > rowsMax) {
      throw new CannotReconcileError(
        'The events speak of many more rows of usage than are stored, more than fit into memory: rows are missing on a large scale.',
      );
    }
  };
  let filter: RowFilter = (key) => spread(key, parts) === part;
  let before = (await audit.stored(filter, everyPage)).rows;
  let suspects: ReadonlyMap<string, Difference> = new Map();
  const confirmed: Difference[] = [];
  let [scanned, unreadable, unsettled] = [0, 0, 0];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const said = await audit.expected(filter, everyPage);
    // Every round and every part reads the same events: a figure of one of them is that of all.
    [scanned, unreadable] = [Math.max(scanned, said.scanned), Math.max(unreadable, said.unreadable)];
    const expected = said.ledger.rows;
    const after = (await audit.storedRows(differingRows(before, expected))).rows;
    const judged = judgeRound({ before, expected, after }, suspects);
    confirmed.push(...judged.confirmed);
    unsettled = judged.moving + judged.suspects.size;
    if (judged.again.size === 0) break;
    const { again } = judged;
    suspects = judged.suspects;
    filter = (key) => again.has(key);
    before = new Map([...after].filter(([key]) => again.has(key)));
  }
  return { differences: confirmed.map(toFound).sort(byPlace), unsettled, scanned, unreadable };
}

/** Ids that are long or not plain are kept as hashes; those are shown as they are. */
const idOf = (keyPart: string): string => (keyPart.startsWith('=') ? keyPart.slice(1) : keyPart);

const toFound = ({ userKey, featureKey, day, hour, stored, expected }: Difference): FoundDifference => ({
  ...(userKey !== undefined && { userId: idOf(userKey) }),
  featureId: idOf(featureKey),
  day,
  ...(hour !== undefined && { hour }),
  stored: toAnswerAmount(stored),
  expected: toAnswerAmount(expected),
});

const placeOf = ({ userId, featureId, day, hour }: FoundDifference): string =>
  JSON.stringify([featureId, day, userId ?? '', String(hour ?? -1).padStart(2, '0')]);
const byPlace = (left: FoundDifference, right: FoundDifference): number =>
  placeOf(left) < placeOf(right) ? -1 : 1;
