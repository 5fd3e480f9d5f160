import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textCell, toCsv } from '../../functions/admin/csv.ts';
import { CsvFileError, readCsv } from '../../functions/admin/read-csv.ts';

async function cellsOf(file: Uint8Array) {
  const cells = [];
  for await (const { checked } of (await readCsv(file)).rows) cells.push(checked);
  return cells;
}

/** Anything but blank: a blank cell says nothing. */
const text = fc
  .oneof(
    fc.string({ unit: 'grapheme', maxLength: 40 }),
    fc.constantFrom('=1+1', "'=x", '@a', '-1', "''+", '\t', 'a;b', '"'),
  )
  .filter((value) => value.trim() !== '' && !value.includes('\uFFFD'));

test('what an export writes is what an import reads, formulas and apostrophes included', async () => {
  const row = fc.record({ userId: text, name: text });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), fc.boolean(), async (rows, packed) => {
      const csv = toCsv([
        ['userId', 'name'],
        ...rows.map(({ userId, name }) => [textCell(userId), textCell(name)]),
      ]);
      const read = await cellsOf(packed ? gzipSync(csv) : Buffer.from(csv));
      expect(read).toEqual(
        rows.map(({ userId, name }) => ({ ok: true, row: { userId, name: name.trim() } })),
      );
    }),
    { numRuns: 300 },
  );
});

test('no bytes make it crash: they are read, or refused with a sentence', async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.string({ maxLength: 200 }).map((body) => Buffer.from(`userId,email\n${body}`)),
    fc.uint8Array({ maxLength: 200 }).map((body) => Buffer.concat([Buffer.from('userId,email\n'), body])),
    fc.uint8Array({ maxLength: 200 }).map((body) => Buffer.concat([Buffer.from([0x1f, 0x8b]), body])),
    fc.uint8Array({ maxLength: 200 }).map((body) => gzipSync(body)),
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (file) => {
      try {
        await cellsOf(file);
      } catch (error) {
        expect(error).toBeInstanceOf(CsvFileError);
      }
    }),
    { numRuns: 1_000 },
  );
});
