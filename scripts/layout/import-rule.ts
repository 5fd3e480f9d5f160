import { importsOf, topFolderOf, type SourceFile, type Violation } from './source-file.ts';

// The table of docs/architecture.md: who may import whom. Imports point inward, so that a decision can be read, tested and
// reused without AWS, and the CDK app can be read without the product.

interface FolderRule {
  readonly folders: readonly string[] | 'any';
  /** Names, or `prefix*`. */
  readonly packages: readonly string[] | 'any';
}

const rules: Readonly<Record<string, FolderRule>> = {
  core: { folders: ['core'], packages: ['zod/mini'] },
  adapters: {
    folders: ['adapters', 'core'],
    // Of Node only what computes: files, processes and sockets are no business of a store.
    packages: ['@aws-sdk/*', 'zod/mini', 'node:crypto', 'node:timers/promises', 'node:util', 'node:zlib'],
  },
  functions: {
    folders: ['functions', 'adapters', 'core'],
    packages: [
      ...['zod', 'zod/mini', 'hono', 'hono/*', '@hono/*', 'aws-lambda', 'node:*'],
      ...['csv-parse', 'stripe', 'chargebee'],
    ],
  },
  // It knows the API by its document only; of core it may use what it shows the same way.
  dashboard: {
    folders: ['dashboard', 'core'],
    packages: [
      'react',
      'react-dom',
      'react-dom/*',
      '@mantine/*',
      '@tanstack/react-query',
      'wouter',
      'wouter/*',
      'uplot',
      'uplot/*',
      'openapi-fetch',
      '@fontsource-variable/*',
      'virtual:theme.css',
    ],
  },
  infra: {
    folders: ['infra'],
    // Of zod only what the bundles have in its place.
    packages: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'esbuild', 'node:*', 'zod/v4/*'],
  },
  // Functions are started as the bundles that the template names, never imported.
  local: { folders: ['local', 'infra', 'adapters', 'core'], packages: 'any' },
  demo: { folders: ['demo', 'local', 'infra', 'functions', 'adapters', 'core'], packages: 'any' },
  bench: { folders: ['bench', 'demo', 'local', 'infra', 'functions', 'adapters', 'core'], packages: 'any' },
  scripts: {
    folders: ['scripts', 'dashboard', 'local', 'infra', 'functions', 'adapters', 'core'],
    packages: 'any',
  },
  test: { folders: 'any', packages: 'any' },
};

export function importViolations(file: SourceFile): Violation[] {
  const folder = topFolderOf(file.path);
  const rule = rules[folder];
  if (rule === undefined) {
    return [
      {
        path: file.path,
        message: `the folder ${folder}/ has no rule: say in scripts/layout/import-rule.ts what it may import`,
      },
    ];
  }
  return importsOf(file).flatMap(({ specifier, path, line }) => {
    const message =
      path === undefined ? packageMessage(folder, rule, specifier) : pathMessage(file.path, rule, path);
    return message === undefined ? [] : [{ path: file.path, line, message }];
  });
}

function packageMessage(folder: string, { packages }: FolderRule, specifier: string): string | undefined {
  if (packages === 'any' || packages.some((allowed) => matches(specifier, allowed))) return undefined;
  const advice = specifier.startsWith('@aws-sdk/')
    ? 'the AWS SDK is called in adapters/ only'
    : `${folder}/ may import only ${packages.join(', ')} (scripts/layout/import-rule.ts)`;
  return `imports ${specifier}: ${advice}`;
}

function pathMessage(from: string, { folders }: FolderRule, path: string): string | undefined {
  const folder = topFolderOf(from);
  const target = topFolderOf(path);
  if (folders !== 'any' && !folders.includes(target)) {
    const advice =
      target === 'test'
        ? 'the product knows nothing of its tests'
        : `${folder}/ may import only from ${folders.join(', ')} (docs/architecture.md)`;
    return `imports ${path}: ${advice}`;
  }
  if (folder === 'functions' && target === 'functions') {
    const [own, other] = [functionOf(from), functionOf(path)];
    if (other !== undefined && own !== other) {
      return `imports ${path}: a function does not import another; share through adapters/, core/ or a file in functions/ itself`;
    }
  }
  return undefined;
}

/** `ingest` for `functions/ingest/handler.ts`; undefined for what all functions share, `functions/log.ts`. */
function functionOf(path: string): string | undefined {
  const [, name, ...rest] = path.split('/');
  return rest.length > 0 ? name : undefined;
}

function matches(specifier: string, allowed: string): boolean {
  return allowed.endsWith('*') ? specifier.startsWith(allowed.slice(0, -1)) : specifier === allowed;
}
