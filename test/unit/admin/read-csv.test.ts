import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CsvFileError, readCsv } from '../../../functions/admin/read-csv.ts';

async function read(file: string | Uint8Array) {
  const { ignoredColumns, rows } = await readCsv(Buffer.from(file));
  const read = [];
  for await (const { line, checked } of rows) read.push([line, checked.ok ? checked.row : checked.message]);
  return { ignoredColumns, rows: read };
}

const ADA = { userId: 'ada', email: 'ada@example.com', name: 'Ada', billingId: 'cus_1' };
const rowsOf = async (file: string | Uint8Array) => (await read(file)).rows;

describe('a file is read whatever wrote it', () => {
  test.each([
    ['LF', 'userId,email,name,billingId\nada,ada@example.com,Ada,cus_1\n'],
    ['CRLF', 'userId,email,name,billingId\r\nada,ada@example.com,Ada,cus_1\r\n'],
    ['CR', 'userId,email,name,billingId\rada,ada@example.com,Ada,cus_1\r'],
    ['no line end at the end', 'userId,email,name,billingId\nada,ada@example.com,Ada,cus_1'],
    ['a byte order mark', '\uFEFFuserId,email,name,billingId\nada,ada@example.com,Ada,cus_1\n'],
    [
      'quotes around everything',
      '"userId","email","name","billingId"\n"ada","ada@example.com","Ada","cus_1"\n',
    ],
    ['columns in another order and case', 'BILLINGID,Name,E-Mail,User ID\ncus_1,Ada,ada@example.com,ada\n'],
    [
      'underscores, and the name of the trait',
      'user_id,email,full_name,billingUserId\nada,ada@example.com,Ada,cus_1',
    ],
    ['semicolons', 'userId;email;name;billingId\nada;ada@example.com;Ada;cus_1\n'],
    ['tabs', 'userId\temail\tname\tbillingId\nada\tada@example.com\tAda\tcus_1\n'],
  ])('%s', async (_, file) => {
    expect(await rowsOf(file)).toEqual([[2, ADA]]);
    expect(await rowsOf(gzipSync(file))).toEqual([[2, ADA]]);
  });
});

test('what is within quotes is one cell: separators, quotes, lines', async () => {
  expect(await rowsOf('userId,name\n1,"Lovelace, Ada"\n2,"the ""countess"""\n3,"two\nlines"\n')).toEqual([
    [2, { userId: '1', name: 'Lovelace, Ada' }],
    [3, { userId: '2', name: 'the "countess"' }],
    [5, { userId: '3', name: 'two\nlines' }],
  ]);
});

test('other columns are ignored, and named', async () => {
  expect(await read('phone,userId,Plan \n+1,ada,pro\n')).toEqual({
    ignoredColumns: ['phone', 'Plan'],
    rows: [[2, { userId: 'ada' }]],
  });
});

test('empty and blank cells say nothing, empty lines and missing cells at the end are no rows and no problem', async () => {
  expect(await rowsOf('userId,email,name\nada,  ,\n\n\nbob\n')).toEqual([
    [2, { userId: 'ada' }],
    [5, { userId: 'bob' }],
  ]);
});

test('space around emails, names and billing ids goes; a userId is taken to the character', async () => {
  expect(await rowsOf('userId,email,name,billingId\n ada, a@b.c , Ada , cus_1 \n')).toEqual([
    [2, { userId: ' ada', email: 'a@b.c', name: 'Ada', billingId: 'cus_1' }],
  ]);
});

test('the apostrophe that an export puts before a formula is taken off again', async () => {
  expect(await rowsOf("userId,name\n'=1+1,''@x\n'ada,'\n")).toEqual([
    [2, { userId: '=1+1', name: "'@x" }],
    [3, { userId: "'ada", name: "'" }],
  ]);
});

describe('one row that cannot be used is told with its line and what to do, and the others are read', () => {
  test.each([
    ['x,not an address', 'email is not an address: write it like ada@example.com.'],
    ['x,@example.com', 'email is not an address: write it like ada@example.com.'],
    ['x,a@b@c', 'email is not an address: write it like ada@example.com.'],
    [`x,${'a'.repeat(10_000)}@example.com`, /^email has 10012 characters, and may have 320/],
    [`${'x'.repeat(1_001)},`, /^userId has 1001 characters, and may have 1000/],
    ['x\uFFFD,a@b.c', /^userId has a character that was lost/],
    ['a,b@c.d,Lovelace, Ada', 'The row has 4 cells, the header 3: quote cells that contain the separator.'],
    [',,Ada', 'The row names nobody: give a userId, an email or a billingId.'],
  ])('%#', async (row, message) => {
    expect(await rowsOf(`userId,email,name\n${row}\nbob,,\n`)).toEqual([
      [2, typeof message === 'string' ? message : expect.stringMatching(message)],
      [3, { userId: 'bob' }],
    ]);
  });
});

describe('a file that cannot be read as a whole is refused with a sentence', () => {
  test.each([
    ['nothing', '', 'The file is empty: send CSV with a header line.'],
    ['only a mark', '\uFEFF', 'The file is empty: send CSV with a header line.'],
    ['empty lines', '\n\n\r\n', 'The file is empty: send CSV with a header line.'],
    [
      'no header',
      'ada,ada@example.com\n',
      /^The first line must name the columns: .* It says: ada, ada@example.com\.$/,
    ],
    ['a header with names only', 'name,plan\nAda,pro\n', /^The first line must name the columns/],
    [
      'a column twice',
      'userId,email,User Id\n',
      'Two columns of the header mean userId: remove or rename one.',
    ],
    ['an open quote', 'userId\nada\n"bob\n', 'Line 3: a quote (") is opened and never closed.'],
    ['a quote in the middle', 'userId\na"b\n', /^Line 2: a quote \("\) stands inside/],
    ['text behind a quote', 'userId\n"a"b\n', /^Line 2: a quoted cell goes on/],
    ['UTF-16', Buffer.from('\uFEFFuserId\nada\n', 'utf16le'), /not UTF-8/],
    ['Latin 1', Buffer.from('userId,name\nada,Andr\xe9\n', 'latin1'), /not UTF-8/],
    ['a cut character at the end', Buffer.from('userId\n\u00e9').subarray(0, -1), /not UTF-8/],
    ['half a gzip', gzipSync('userId\nada\n').subarray(0, 25), /damaged/],
  ])('%s', async (_, file, message) => {
    await expect(read(file)).rejects.toThrow(message);
    await expect(read(file)).rejects.toBeInstanceOf(CsvFileError);
  });

  test('a row that never ends', async () => {
    await expect(read(`userId\n"${'x,\n'.repeat(40_000)}`)).rejects.toThrow(/longer than 64 KB/);
  });

  test('a small file that unpacks to a huge one', async () => {
    const bomb = gzipSync(Buffer.alloc(1024 * 1024 + 1, '\n'));
    const small = await readCsv(Buffer.concat([gzipSync('userId\n'), bomb]), 1024 * 1024);
    const drain = async () => {
      for await (const row of small.rows) expect(row).toBeUndefined();
    };
    await expect(drain()).rejects.toThrow('The file is larger than 1 MB: split it.');
  });
});
