import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';
import { putDashboard } from './dashboard-build.ts';
import { functionNames, type FunctionName } from './grants.ts';

// Each function becomes one JavaScript file, AWS SDK included: the version that was tested is the one that runs.
//
// esbuild is called here, once, for all functions together, so that what they share is parsed once: 0.5 s. CDK's
// NodejsFunction makes the same files but starts `npx esbuild` for each: 3 s.

const projectRoot = resolve(import.meta.dirname, '..');

/** The code of every function, bundled into the cloud assembly, and with that of `admin` the dashboard that it serves. The files depend on the sources only, not on the machine. */
export function bundledCode(scope: Construct): Readonly<Record<FunctionName, Code>> {
  // `cdk list` and `cdk destroy` read the app but need no code.
  const isNeeded = Stack.of(scope).bundlingRequired;
  const folder = join(assemblyFolder(scope), 'bundles');
  if (isNeeded) bundle(folder);
  const codeOf = (name: FunctionName): Code =>
    isNeeded
      ? Code.fromAsset(join(folder, name))
      : Code.fromInline('exports.handler = async () => undefined;');
  return {
    ingest: codeOf('ingest'),
    process: codeOf('process'),
    reprocess: codeOf('reprocess'),
    imports: codeOf('imports'),
    admin: codeOf('admin'),
  };
}

function bundle(folder: string): void {
  buildSync({
    absWorkingDir: projectRoot,
    entryPoints: functionNames.map((name) => ({ in: `functions/${name}/index.ts`, out: `${name}/index` })),
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node24',
    // Measured: CommonJS starts 23 ms faster than ESM with a require shim, and `module` first saves 36 ms and 200 KB.
    format: 'cjs',
    mainFields: ['module', 'main'],
    minify: true,
    sourcemap: false,
    logLevel: 'error',
  });
  for (const name of functionNames) {
    mkdirSync(join(folder, name), { recursive: true });
    // Run from a folder below this project, the file would otherwise be taken for an ES module, as our own sources are.
    writeFileSync(join(folder, name, 'package.json'), '{"type":"commonjs"}\n');
  }
  putDashboard(join(folder, 'admin', 'dashboard'));
}

function assemblyFolder(scope: Construct): string {
  const app = scope.node.root;
  if (!App.isApp(app))
    throw new Error('The stack must be part of a CDK app, which says where its bundles go.');
  return app.outdir;
}
