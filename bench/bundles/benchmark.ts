import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { bundleFunctions, leanBundle, plainBundle } from '../../infra/bundle.ts';
import { functionNames, type FunctionName } from '../../infra/grants.ts';
import type { Benchmark, Target } from '../benchmark.ts';
import { figureOf, ratioOfTurns, type Figure } from '../spread.ts';
import { environmentFor, firstEventOf, secrets, seed } from './cold-starts.ts';
import { bundleSmallest } from './smallest-handler.ts';
import { startStubAws, type AwsCall, type StubAws } from './stub-aws.ts';

// Size of every function's bundle, and its cold start up to the answer to its first write, next to the smallest handler
// with the same SDK clients that makes the same calls. Each start is a process of its own; they take turns.

const STARTS = 15;
const WARM_UPS = 2;
const AT_MOST = 1.15;

interface Subject {
  readonly name: string;
  readonly bundle: string;
  readonly eventFile: string;
}

interface Measured {
  readonly bytes: number;
  /** Milliseconds, turn by turn. */
  readonly init: readonly number[];
  readonly total: readonly number[];
  readonly cpu: readonly number[];
}

const startSchema = z.object({
  initMs: z.number(),
  totalMs: z.number(),
  cpuMs: z.number(),
  answer: z.unknown(),
});
type Start = z.infer<typeof startSchema>;

export const benchmark: Benchmark = {
  title: 'bundles: how large each function is, and how long a cold start takes to its first write',
  async run(progress) {
    const folder = mkdtempSync(join(tmpdir(), 'tallyhook-bundles-'));
    const stub = await startStubAws(secrets);
    const now = Date.now();
    try {
      await seed(stub.url, now);
      stub.freeze();
      progress('bundling');
      bundleFunctions(folder);
      const rows: (string | number)[][] = [];
      const targets: Target[] = [];
      for (const name of functionNames) {
        progress(`${name}: ${STARTS} cold starts`);
        const [ours, smallest, lean] = await compare(folder, stub, name, now);
        const size = ours.bytes / smallest.bytes;
        const start = ratioOfTurns(ours.total, smallest.total);
        const work = ratioOfTurns(ours.cpu, smallest.cpu);
        rows.push([
          ...[name, ours.bytes / 1_000, smallest.bytes / 1_000, size, ours.bytes / lean.bytes],
          ...[
            medianOf(ours.init),
            medianOf(ours.total),
            medianOf(smallest.total),
            start.median,
            start.spread,
          ],
          ...[work.median, ratioOfTurns(ours.total, lean.total).median],
        ]);
        targets.push(...targetsOf(name, size, start));
      }
      return {
        tables: [
          {
            title: 'Next to the smallest handler with the same SDK clients, which makes the same calls',
            columns: [
              ...['', 'KB', 'smallest', 'size', '/ lean'],
              ...['init ms', '+ first write', 'smallest', 'start', '±', 'CPU', '/ lean'],
            ],
            rows,
          },
        ],
        targets,
        notes: [
          `Medians of ${STARTS} cold starts each, in turns, in fresh processes, without a compile cache, against a stub that answers at once.`,
          'The smallest handler is bundled as any Lambda function may be; "/ lean" compares with one whose bundle leaves out what ours leaves out, too.',
        ],
      };
    } finally {
      stub.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function targetsOf(name: FunctionName, size: number, start: Figure): Target[] {
  return [
    { name: `${name}: size / smallest`, unit: '×', measured: size, spread: 0, atMost: AT_MOST },
    {
      name: `${name}: init + first write / smallest`,
      unit: '×',
      measured: start.median,
      spread: start.spread,
      atMost: AT_MOST,
    },
  ];
}

async function compare(
  folder: string,
  stub: StubAws,
  name: FunctionName,
  now: number,
): Promise<[ours: Measured, smallest: Measured, lean: Measured]> {
  const ours: Subject = {
    name,
    bundle: join(folder, name, 'index.js'),
    eventFile: join(folder, `${name}.json`),
  };
  writeFileSync(ours.eventFile, JSON.stringify(firstEventOf(name, now)));
  stub.takeCalls();
  const first = await coldStart(ours, stub.url);
  const calls = stub.takeCalls();
  if (!calls.some(isWrite)) {
    throw new Error(`${name} wrote nothing and answered ${JSON.stringify(first.answer)}.`);
  }

  const callsFile = join(folder, `${name}-calls.json`);
  writeFileSync(callsFile, JSON.stringify({ calls }));
  const smallest: Subject = {
    name: 'smallest',
    bundle: join(folder, `${name}-plain.cjs`),
    eventFile: callsFile,
  };
  const lean: Subject = { name: 'lean', bundle: join(folder, `${name}-lean.cjs`), eventFile: callsFile };
  bundleSmallest(name, calls, smallest.bundle, plainBundle);
  bundleSmallest(name, calls, lean.bundle, leanBundle);

  const subjects = [ours, smallest, lean];
  const starts = subjects.map(() => new Array<Start>());
  for (let turn = 0; turn < STARTS + WARM_UPS; turn += 1) {
    for (let offset = 0; offset < subjects.length; offset += 1) {
      const at = (turn + offset) % subjects.length;
      const subject = subjects[at];
      if (subject === undefined) continue;
      const start = await coldStart(subject, stub.url);
      if (turn >= WARM_UPS) starts[at]?.push(start);
    }
  }
  const measured = (at: number): Measured => {
    const subject = subjects[at];
    const of = starts[at];
    if (subject === undefined || of === undefined) throw new Error('Not measured.');
    return {
      bytes: statSync(subject.bundle).size,
      init: of.map(({ initMs }) => initMs),
      total: of.map(({ totalMs }) => totalMs),
      cpu: of.map(({ cpuMs }) => cpuMs),
    };
  };
  return [measured(0), measured(1), measured(2)];
}

const isWrite = ({ operation }: AwsCall): boolean => /^(Put|Update|TransactWrite)/.test(operation);

const medianOf = (samples: readonly number[]): number => figureOf(samples).median;

/** In an environment that holds what Lambda would set, and nothing of whoever runs this. */
function coldStart({ bundle, eventFile }: Subject, url: string): Promise<Start> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run-once.mjs'), bundle, eventFile], {
      env: { ...environmentFor(url), LAMBDA_TASK_ROOT: join(bundle, '..'), PATH: process.env['PATH'] ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { out: '', error: '' };
    child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => (output.error += chunk.toString('utf8')));
    child.on('error', reject);
    child.on('close', () => {
      const line = output.out.trim().split('\n').at(-1) ?? '';
      const parsed = startSchema.safeParse(jsonOf(line));
      if (parsed.success) resolve(parsed.data);
      else
        reject(new Error(`A cold start of ${bundle} failed: ${(output.error || output.out).slice(-1_000)}`));
    });
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
