import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buildSync, type BuildOptions } from 'esbuild';
import { functionNames } from './grants.ts';

// Each function becomes one JavaScript file, AWS SDK included: the version that was tested is the one that runs.
//
// esbuild is called here, once, for all functions together, so that what they share is parsed once: 0.5 s. CDK's
// NodejsFunction makes the same files but starts `npx esbuild` for each: 3 s.

const projectRoot = resolve(import.meta.dirname, '..');
const zod = join(projectRoot, 'node_modules', 'zod', 'v4');

/** How any Lambda handler is best bundled. Measured: CommonJS starts 23 ms faster than ESM with a require shim, and `module` first saves 36 ms and 200 KB. */
export const plainBundle = {
  absWorkingDir: projectRoot,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  mainFields: ['module', 'main'],
  minify: true,
  sourcemap: false,
  logLevel: 'error',
} as const satisfies BuildOptions;

/**
 * And without what is never used here, which is a quarter of `ingest` and a third of `admin` (npm run bench bundles).
 *
 * The SDK looks for credentials in the environment first, where Lambda puts them, and only imports these packages when
 * there are none: signing in, profiles, machines and containers.
 */
export const leanBundle = {
  ...plainBundle,
  external: [
    '@aws-sdk/credential-provider-http',
    '@aws-sdk/credential-provider-ini',
    '@aws-sdk/credential-provider-process',
    '@aws-sdk/credential-provider-sso',
    '@aws-sdk/credential-provider-web-identity',
    '@smithy/credential-provider-imds',
  ],
  alias: {
    zod: join(import.meta.dirname, 'zod-without-languages.mjs'),
    // An alias takes a package's other entries along, and these are meant as they are.
    'zod/mini': join(zod, 'mini', 'index.js'),
    'zod/v4/core': join(zod, 'core', 'index.js'),
  },
} as const satisfies BuildOptions;

/** Writes `<folder>/<function>/index.js` for every function. The files depend on the sources only, not on the machine. */
export function bundleFunctions(folder: string): void {
  buildSync({
    ...leanBundle,
    external: [...leanBundle.external],
    mainFields: [...leanBundle.mainFields],
    entryPoints: functionNames.map((name) => ({ in: `functions/${name}/index.ts`, out: `${name}/index` })),
    outdir: folder,
  });
  for (const name of functionNames) {
    mkdirSync(join(folder, name), { recursive: true });
    // Run from a folder below this project, the file would otherwise be taken for an ES module, as our own sources are.
    writeFileSync(join(folder, name, 'package.json'), '{"type":"commonjs"}\n');
  }
}
