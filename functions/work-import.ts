import type { ImportJob, WaitingRow } from '../adapters/import-item.ts';
import type { ImportStore } from '../adapters/import-store.ts';
import type { RulesetStore } from '../adapters/ruleset-store.ts';
import type { ImportSaying, UserImport } from '../adapters/user-import.ts';

// Works on one import for as long as there is time. Rows, their verdicts and the import's progress are written together
// (adapters/user-import.ts), so it does not matter who works on it, how often, or where they were cut off.

/** A row, and where its source goes on after it. */
export type SourceRow = WaitingRow & { readonly cursor: string };

/** Where the rows come from. */
export type RowPage =
  | {
      readonly kind: 'page';
      readonly rows: readonly SourceRow[];
      /** No page follows. */
      readonly isLast: boolean;
    }
  /** Not now: again after so many seconds. */
  | { readonly kind: 'later'; readonly afterSeconds: number }
  /** Not before a person has changed something. */
  | { readonly kind: 'refused'; readonly message: string };

export interface RowSource {
  /** The rows after `job.cursor`; the first of them is number `job.done + 1`. */
  page(job: ImportJob): Promise<RowPage>;
}

export interface WorkDependencies {
  readonly imports: ImportStore;
  readonly userImport: UserImport;
  readonly rulesets: RulesetStore;
  readonly sourceOf: (job: ImportJob) => Promise<RowSource>;
  readonly now: () => number;
}

export type WorkResult =
  /** It has ended, or there is no such import. */
  | { readonly kind: 'ended' }
  /** Somebody must go on with it, after so many seconds. */
  | { readonly kind: 'continue'; readonly afterSeconds: number };

/** An import that does not end for so long is given up: its provider is away, or something is wrong that waiting does not mend. */
const PATIENCE_MS = 24 * 3_600_000;

/** Throws when a store fails; the import then goes on after the last row that has a verdict. */
export async function workImport(
  deps: WorkDependencies,
  importId: string,
  deadline: number,
): Promise<WorkResult> {
  const { imports, now } = deps;
  for (let source: RowSource | undefined; ;) {
    const job = await imports.get(importId);
    if (job?.status !== 'running') return { kind: 'ended' };
    if (now() - job.startedAt > PATIENCE_MS) {
      await imports.fail(job, 'It did not end within a day: import again.', now());
      return { kind: 'ended' };
    }
    if (now() >= deadline) return { kind: 'continue', afterSeconds: 0 };
    source ??= await deps.sourceOf(job);
    if (job.dryRun) return await rehearse(deps, job, source, deadline);
    const page = await source.page(job);
    if (page.kind === 'page') {
      await takeRows(deps, job, page, deadline);
      continue;
    }
    if (page.kind === 'later') return { kind: 'continue', afterSeconds: page.afterSeconds };
    await imports.fail(job, page.message, now());
  }
}

/** By then another run of a dry run has most likely ended. */
const LOOK_AGAIN_SECONDS = 30;

type Page = Extract<RowPage, { kind: 'page' }>;

/** Writes the rows of a page, or as many as there is time for. */
async function takeRows(
  { imports, userImport, rulesets, now }: WorkDependencies,
  job: ImportJob,
  { rows, isLast }: Page,
  deadline: number,
): Promise<void> {
  if (rows.length === 0) {
    await imports.finish(job, now());
    return;
  }
  const saying = await sayingOf(rulesets, job);
  let at = job;
  for (let rest = rows; rest.length > 0 && now() < deadline;) {
    const current = at;
    const taken = await userImport.take(rest, saying, (results) =>
      imports.stepItems(current, { results, cursor: cursorAfter(rest, results.length) }),
    );
    // Another worker has taken them, or we have and the answer was lost: the import says how far it is.
    if (taken.kind === 'refused') return;
    at = imports.after(current, { results: taken.results, cursor: cursorAfter(rest, taken.results.length) });
    rest = rest.slice(taken.results.length);
    if (rest.length === 0 && isLast) await imports.finish(at, now());
  }
}

/**
 * A dry run writes no user, so what the rows before would have done is known to this run only: it begins with the first
 * row and ends with the last, all in one. What an earlier run has recorded is only thought through again.
 */
async function rehearse(
  { imports, userImport, rulesets, now }: WorkDependencies,
  job: ImportJob,
  source: RowSource,
  deadline: number,
): Promise<WorkResult> {
  const saying = await sayingOf(rulesets, job);
  const rehearsal = userImport.rehearsal();
  const { cursor: _, ...beginning } = job;
  let read: ImportJob = { ...beginning, done: 0 };
  let recorded = job;
  for (;;) {
    const page = await source.page(read);
    if (page.kind !== 'page') throw new Error('A dry run reads an uploaded file, which is always there.');
    for (let rest = page.rows; rest.length > 0;) {
      const results = await rehearsal.decide(rest, saying);
      const step = {
        results: results.slice(Math.max(0, recorded.done - read.done)),
        cursor: cursorAfter(rest, results.length),
      };
      rest = rest.slice(results.length);
      if (step.results.length > 0) {
        // Another run is further, or we are and the answer was lost. Whichever it was, somebody must see it end.
        if (!(await imports.advance(recorded, step)))
          return { kind: 'continue', afterSeconds: LOOK_AGAIN_SECONDS };
        recorded = imports.after(recorded, step);
      }
      read = { ...read, done: read.done + results.length, cursor: step.cursor };
    }
    if (page.isLast) {
      await imports.finish(recorded, now());
      return { kind: 'ended' };
    }
    if (now() < deadline) continue;
    await imports.fail(recorded, 'The dry run took too long: split the file, or import it as it is.', now());
    return { kind: 'ended' };
  }
}

const cursorAfter = (rows: readonly SourceRow[], count: number): string => rows[count - 1]?.cursor ?? '';

async function sayingOf(
  rulesets: RulesetStore,
  { kind, id, startedAt, actor }: ImportJob,
): Promise<ImportSaying> {
  const { settings } = await rulesets.current();
  return { kind, id, at: startedAt, actor, chargebee: settings.chargebee };
}
