import { posix } from 'node:path';
import ts from 'typescript';

// What the layout rules look at: a path from the project's root, with `/`, and the text.

export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly path: string;
  /** 1-based; absent when the whole file is meant. */
  readonly line?: number;
  /** What is wrong and what to do instead. */
  readonly message: string;
}

export interface Import {
  readonly specifier: string;
  /** The imported file's path from the project's root; undefined for a package. */
  readonly path: string | undefined;
  readonly line: number;
}

const NODE_MODULES = 'node_modules/';

/** Static, dynamic, type-only and re-exporting imports alike: TypeScript's own scanner finds them. */
export function importsOf({ path, text }: SourceFile): Import[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName, pos }) => {
    const line = text.slice(0, pos).split('\n').length;
    if (!fileName.startsWith('.')) return { specifier: fileName, path: undefined, line };
    const target = posix.join(posix.dirname(path), fileName);
    // A way around what a package exports is still an import of that package.
    return target.startsWith(NODE_MODULES)
      ? { specifier: target.slice(NODE_MODULES.length), path: undefined, line }
      : { specifier: fileName, path: target, line };
  });
}

export function syntaxTreeOf({ path, text }: SourceFile): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
}

/** `core` for `core/mapping/glob.ts`. */
export function topFolderOf(path: string): string {
  return path.split('/', 1)[0] ?? '';
}
