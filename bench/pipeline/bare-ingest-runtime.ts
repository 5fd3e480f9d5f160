import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { plainBundle } from '../../infra/bundle.ts';
import { readAssembly } from '../../local/template/assembly.ts';
import { readPlan } from '../../local/template/read-plan.ts';
import { cachedAssembly } from '../../local/template/template-cache.ts';
import { startLocalRuntime, type LocalRuntime } from './local-runtime.ts';

const projectRoot = join(import.meta.dirname, '..', '..');

/** The local pipeline with an ingest function that makes its two calls and nothing else (bare-ingest.ts). */
export async function startBareIngestRuntime(): Promise<LocalRuntime> {
  const assembly = await bareAssembly();
  const runtime = await startLocalRuntime(assembly);
  return {
    ...runtime,
    async stop() {
      await runtime.stop();
      rmSync(assembly, { recursive: true, force: true });
    },
  };
}

/** The folder of a cloud assembly that is this project's, but for the code of its ingest function. */
async function bareAssembly(): Promise<string> {
  const { folder: original } = await cachedAssembly({ projectRoot });
  const folder = mkdtempSync(join(tmpdir(), 'tallyhook-bare-'));
  cpSync(original, folder, { recursive: true });
  const { functions } = readPlan(readAssembly(folder), { gatewayUrl: '/', queueUrlOf: (name) => name });
  const ingest = functions.find(({ logicalId }) => logicalId.startsWith('Ingest'));
  if (ingest === undefined) throw new Error('The template has no ingest function.');
  buildSync({
    ...plainBundle,
    entryPoints: [join(import.meta.dirname, 'bare-ingest.ts')],
    outfile: join(ingest.codeFolder, 'index.js'),
  });
  return folder;
}
