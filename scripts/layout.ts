import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { deadFileViolations } from './layout/dead-files.ts';
import { nameViolations } from './layout/file-names.ts';
import { importViolations } from './layout/import-rule.ts';
import { purityViolations } from './layout/pure-core.ts';
import { secretViolations } from './layout/secret-comparison.ts';
import type { SourceFile, Violation } from './layout/source-file.ts';

// `npm run check:layout`: the rules that are about the tree rather than about one file. They read text only, so that a test
// can plant a violation without a file, and each rule is a file in scripts/layout/.

/** Everything wrong with these files, in their order; pure. Empty: the layout is as docs/architecture.md says. */
export function findViolations(files: readonly SourceFile[]): Violation[] {
  return [
    ...files.flatMap((file) => [
      ...nameViolations(file),
      ...importViolations(file),
      ...purityViolations(file),
      ...secretViolations(file),
    ]),
    ...deadFileViolations(files),
  ];
}

/** The project's code files: all folders that are neither hidden, generated nor prose. */
export function readProject(root: string): SourceFile[] {
  const isSkipped = (name: string): boolean =>
    name.startsWith('.') || ['node_modules', 'cdk.out', 'coverage', 'docs', 'fixtures'].includes(name);
  const walk = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return isSkipped(entry.name) ? [] : walk(path);
      // Settings of tools lie in the root and follow the tools' rules.
      return folder !== root && /\.(ts|tsx|js|mjs)$/.test(entry.name) ? [path] : [];
    });
  return walk(root).map((path) => ({
    path: relative(root, path).split(sep).join('/'),
    text: readFileSync(path, 'utf8'),
  }));
}

if (import.meta.main) {
  const files = readProject(resolve(import.meta.dirname, '..'));
  const violations = findViolations(files);
  for (const { path, line, message } of violations) {
    console.error(`${path}${line === undefined ? '' : `:${line}`} ${message}`);
  }
  if (violations.length > 0) process.exitCode = 1;
  else console.log(`${files.length} files are where they belong.`);
}
