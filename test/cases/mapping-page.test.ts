import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { parseJson } from '../../core/json-value.ts';
import { OPERATORS } from '../../core/mapping/condition-schema.ts';
import { checkRuleBody } from '../../core/mapping/rule.ts';
import { readTables, TABLE_FILES } from './mapping-cases.ts';
import { renderPage, tablesShown } from './mapping-page.ts';

// docs/mapping-rules.md is normative only while it says what the case files say.

const page = readFileSync(join(import.meta.dirname, '../../docs/mapping-rules.md'), 'utf8');

/** Without what a formatter may change: the padding of table cells and empty lines. */
function essence(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').replace(/-{3,}/g, '---').replace(/\| \|/g, '| |').trim())
    .filter((line) => line !== '');
}

test('the page shows the case files as they are; if not: node test/cases/update-mapping-page.ts', () => {
  expect(essence(page)).toEqual(essence(renderPage(page)));
});

test('the page shows every table of cases, once', () => {
  const all = TABLE_FILES.flatMap((file) => readTables(file).map(({ name }) => `${file} / ${name}`));
  expect(tablesShown(page).sort()).toEqual(all.sort());
});

test('the page names every operator', () => {
  expect(OPERATORS.filter((operator) => !page.includes(`\`${operator}\``))).toEqual([]);
});

test('every rule on the page can be saved', () => {
  const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => text ?? '');
  expect(examples.length).toBeGreaterThan(0);
  for (const example of examples) {
    const parsed = parseJson(example);
    expect(parsed.ok && checkRuleBody(parsed.value)).toMatchObject({ ok: true });
  }
});
