import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { prepareDashboard, putDashboard } from '../../../infra/dashboard-build.ts';

// What a browser has to load before a page is there: the program, and whatever the code of the page imports. Read from the
// files as they are served, so that it is the same on every machine.

const FIRST_LOAD_BYTES_MAX = 200_000;
const BUILD_MS_MAX = 60_000;

let folder: string;
let assets: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tallyhook-first-load-'));
  assets = join(folder, 'assets');
  await prepareDashboard();
  putDashboard(folder);
}, BUILD_MS_MAX);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const scripts = (): string[] => readdirSync(assets).filter((name) => name.endsWith('.js'));
const bytesOf = (names: Iterable<string>): number =>
  [...names].reduce((sum, name) => sum + statSync(join(assets, `${name}.gz`)).size, 0);

/** The files themselves and all that they cannot run without; not what they load later. */
function needed(names: readonly string[]): Set<string> {
  const all = new Set<string>();
  const add = (name: string): void => {
    if (all.has(name)) return;
    all.add(name);
    const code = readFileSync(join(assets, name), 'utf8');
    for (const [, imported = ''] of code.matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g))
      add(imported);
  };
  names.forEach(add);
  return all;
}

function entries(): string[] {
  const html = readFileSync(join(folder, 'index.html'), 'utf8');
  return [...html.matchAll(/(?:src|href)="\/assets\/([\w.-]+\.js)"/g)].map(([, name = '']) => name);
}

test('no page needs more than 200 kB of compressed JavaScript to be opened first', () => {
  const program = needed(entries());
  const pages = scripts().filter((name) => /-page-[\w-]+\.js$/.test(name));
  // Otherwise the names have changed, and nothing is measured any more.
  expect(bytesOf(program)).toBeGreaterThan(60_000);
  expect(pages.length).toBeGreaterThan(15);
  const tooMuch = pages.flatMap((page) => {
    const bytes = bytesOf(needed([...program, page]));
    return bytes > FIRST_LOAD_BYTES_MAX ? [`${page}: ${bytes.toLocaleString('en-US')} bytes`] : [];
  });
  expect(tooMuch).toEqual([]);
});
