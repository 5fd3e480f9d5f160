import { ingestHandler } from '../../functions/ingest/handler.ts';
import { answerProblem } from './answer-problem.ts';
import { hostileRequest } from './hostile-request.ts';
import { memoryStores } from './memory-stores.ts';

export interface FuzzReport {
  readonly bodies: number;
  /** Requests whose handling threw. */
  readonly crashes: number;
  /** Answers that are not documented. */
  readonly undocumented: number;
  readonly statuses: ReadonlyMap<number, number>;
  readonly storedEvents: number;
  readonly slowestMs: number;
  readonly slowestIndex: number;
  /** The first few, each with what repeats it. */
  readonly findings: readonly string[];
}

const FINDINGS_MAX = 10;

/** Sends the requests `from` to `from + bodies - 1` of a seed to ingest, one after the other, and judges every answer. */
export async function runFuzz(
  { seed, bodies, from = 0 }: { readonly seed: number; readonly bodies: number; readonly from?: number },
  onProgress: (done: number) => void = () => undefined,
): Promise<FuzzReport> {
  const { deps, takeStored } = memoryStores();
  const ingest = ingestHandler(deps);
  const statuses = new Map<number, number>();
  const findings: string[] = [];
  let [crashes, undocumented, storedEvents, slowestMs, slowestIndex] = [0, 0, 0, 0, 0];
  for (let index = from; index < from + bodies; index += 1) {
    const request = hostileRequest(seed, index);
    const started = performance.now();
    let problem: string | undefined;
    try {
      const answer = await ingest(request);
      const status = answer.statusCode ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const stored = takeStored();
      storedEvents += stored;
      problem = answerProblem(request, answer, stored);
      if (problem !== undefined) undocumented += 1;
    } catch (error) {
      crashes += 1;
      problem = `throws ${String(error)}`;
    }
    const elapsedMs = performance.now() - started;
    if (elapsedMs > slowestMs) [slowestMs, slowestIndex] = [elapsedMs, index];
    if (problem !== undefined && findings.length < FINDINGS_MAX)
      findings.push(`--seed ${seed} --only ${index}: the answer ${problem}`);
    if ((index - from + 1) % 1_000 === 0) onProgress(index - from + 1);
  }
  return { bodies, crashes, undocumented, statuses, storedEvents, slowestMs, slowestIndex, findings };
}
