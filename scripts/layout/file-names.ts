import { posix } from 'node:path';
import type { SourceFile, Violation } from './source-file.ts';

// A file's name says what it exports, so that it can be found without a search.

const banned = /^(utils?|helpers?|commons?|misc|shared)$/;

export function nameViolations({ path }: SourceFile): Violation[] {
  const name = posix.basename(path).replace(/(\.test)?\.[a-z]+$/, '');
  if (banned.test(name)) return [{ path, message: `is named ${name}: name it after what it exports` }];
  if (name === 'index' && !/^functions\/[^/]+\/index\.ts$/.test(path)) {
    return [
      {
        path,
        message:
          'is an index file: only functions/<name>/index.ts are, as entries; import from the file that defines a thing',
      },
    ];
  }
  return [];
}
