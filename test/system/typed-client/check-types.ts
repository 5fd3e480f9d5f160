import { resolve } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { PROJECT_ROOT } from '../../support/runtime-process.ts';

// Compiles a program against the types of a document that a running API has just given out. The types on the disk, which
// `npm run check:types` makes, are not looked at: they may be of another version, or not there at all.

const TYPES = resolve(PROJECT_ROOT, 'dashboard/api/openapi-types.ts');

/** What the compiler has against these files; `sources` are files that exist for it alone, by their path in the project. */
export async function typeProblems(
  document: string,
  paths: readonly string[],
  sources: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const inMemory = new Map([
    [TYPES, astToString(await openapiTS(document, { defaultNonNullable: false }))],
    ...Object.entries(sources).map(([path, text]) => [resolve(PROJECT_ROOT, path), text] as const),
  ]);
  const config = ts.readConfigFile(resolve(PROJECT_ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, PROJECT_ROOT);
  const host = ts.createCompilerHost(options);
  const files = {
    fileExists: host.fileExists.bind(host),
    readFile: host.readFile.bind(host),
    getSourceFile: host.getSourceFile.bind(host),
  };
  host.fileExists = (path) => inMemory.has(path) || files.fileExists(path);
  host.readFile = (path) => inMemory.get(path) ?? files.readFile(path);
  host.getSourceFile = (path, version, ...rest) => {
    const text = inMemory.get(path);
    return text === undefined
      ? files.getSourceFile(path, version, ...rest)
      : ts.createSourceFile(path, text, version);
  };
  const roots = [...paths.map((path) => resolve(PROJECT_ROOT, path)), ...inMemory.keys()];
  const program = ts.createProgram({ rootNames: roots, options, host });
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const where = file === undefined ? '' : `${file.fileName.slice(PROJECT_ROOT.length + 1)}: `;
    return where + ts.flattenDiagnosticMessageText(messageText, ' ');
  });
}
