import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CODES } from '../../scripts/fuzz-ingest/answer-problem.ts';

// docs/ingest-contract.md says where each promise to senders is tested. It is worth something only as long as it is true.

const root = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

const page = read('docs/ingest-contract.md');
const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (what holds|-+) /.test(line));
const namedIn = (text: string): [string, string][] =>
  [...text.matchAll(/`([^`]+?) › ([^`]+)`/g)].map(([, file = '', name = '']) => [file, name]);

test('every promise names a test', () => {
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((row) => namedIn(row).length === 0)).toEqual([]);
});

test('every test that is named exists', () => {
  const named = [...new Map(namedIn(page).map((each) => [each.join(' › '), each])).values()];
  expect(named.length).toBeGreaterThan(100);
  const missing = named.filter(([file, name]) => !isTest(file, name)).map((each) => each.join(' › '));
  expect(missing).toEqual([]);
});

function isTest(file: string, name: string): boolean {
  const path = file.startsWith('cases/')
    ? `test/cases/ingest/${file.slice('cases/'.length)}.json`
    : `test/${file}.test.ts`;
  if (!existsSync(new URL(path, root))) return false;
  if (path.endsWith('.json')) return read(path).includes(`"name": ${JSON.stringify(name)}`);
  return ["'", '"', '`'].some((quote) => read(path).includes(`${quote}${name}${quote}`));
}

test('docs/connect-segment.md has every code that ingest can answer with', () => {
  const connect = read('docs/connect-segment.md');
  expect([...CODES].filter((code) => !connect.includes(`\`${code}\``))).toEqual([]);
});
