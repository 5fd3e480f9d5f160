import { EVENT_FIELDS } from '../../core/mapping/path.ts';
import { RULE_LIMITS } from '../../core/mapping/limits.ts';
import { ownValue, isJsonObject, type JsonObject, type JsonValue } from '../../core/json-value.ts';
import { readCases, readTables, type CaseRow, type CaseTable } from './mapping-cases.ts';

// docs/mapping-rules.md shows the case files. Between a mark such as `<!-- table: equals / … -->` and `<!-- end -->`
// stands what this file makes of them. `node test/cases/update-mapping-page.ts` writes it; a test compares.

const BLOCK = /<!-- ([a-z]+)(?:: ([^>]*?))? -->\n[^]*?<!-- end -->/g;

/** The page with every block made anew from the case files. */
export function renderPage(page: string): string {
  return page.replace(BLOCK, (_, kind: string, argument: string | undefined) => {
    const mark = argument === undefined ? `<!-- ${kind} -->` : `<!-- ${kind}: ${argument} -->`;
    return `${mark}\n\n${contentOf(kind, argument ?? '')}\n\n<!-- end -->`;
  });
}

/** `file / name` of every table that the page shows. */
export function tablesShown(page: string): string[] {
  return [...page.matchAll(BLOCK)]
    .filter(([, kind]) => kind === 'table')
    .map(([, , argument]) => argument ?? '');
}

function contentOf(kind: string, argument: string): string {
  switch (kind) {
    case 'table': {
      const [file = '', ...name] = argument.split(' / ');
      const table = readTables(file).find((candidate) => candidate.name === name.join(' / '));
      if (table === undefined) throw new Error(`There is no table "${argument}".`);
      return caseTable(table);
    }
    case 'names':
      return namesTable(argument);
    case 'paths':
      return pathsTables(argument);
    case 'imported':
      return importedTable(argument);
    case 'refused':
      return refusedTable(argument);
    case 'fields':
      return `${[...EVENT_FIELDS].map(code).join(', ')}.`;
    case 'limits':
      return limitsTable();
    default:
      throw new Error(`A page block cannot be "${kind}".`);
  }
}

function caseTable(table: CaseTable): string {
  const heads = table.operators.map((operator) => {
    const own = table.values?.[operator];
    return own === undefined || own === null
      ? code(operator)
      : `${code(operator)} ${code(JSON.stringify(own))}`;
  });
  const place = table.path === undefined ? 'the event has' : `${code(table.place ?? 'x')} in the event`;
  const rule = table.path === undefined ? 'the rule says' : `the rule says, on ${code(table.path)}`;
  return markdownTable(
    [rule, place, ...heads],
    table.rows.map((row) => [
      ruleText(row.rule, table.switches),
      foundText(row),
      ...table.operators.map((operator) => (row.holds.includes(operator) ? '✓' : '')),
    ]),
  );
}

function ruleText(rule: JsonObject, switches: JsonObject | undefined): string {
  const { value, ...others } = { ...rule, ...switches };
  const parts = value === undefined ? [] : [code(JSON.stringify(value))];
  for (const [key, setting] of Object.entries(others)) parts.push(code(`${key}: ${JSON.stringify(setting)}`));
  return parts.join(', ');
}

function foundText(row: CaseRow): string {
  if (row.foundText !== undefined) return code(row.foundText);
  return row.found === undefined ? 'nothing' : code(JSON.stringify(row.found));
}

function namesTable(file: string): string {
  const rows = listIn(readCases(file), 'names').map((entry) => {
    const { operator, value, ...others } = objectOf(ownValue(entry, 'matcher'));
    const switches = Object.entries(others).map(
      ([key, setting]) => `, ${code(`${key}: ${JSON.stringify(setting)}`)}`,
    );
    return [
      `${code(typeof operator === 'string' ? operator : '')} ${code(JSON.stringify(value))}${switches.join('')}`,
      codes(ownValue(entry, 'accepts')),
      codes(ownValue(entry, 'refuses')),
    ];
  });
  return markdownTable(['matcher', 'accepts', 'does not accept'], rows);
}

function pathsTables(file: string): string {
  const cases = readCases(file);
  const found = listIn(cases, 'found').map((entry) => [
    codes([ownValue(entry, 'path') ?? ''], plain),
    code(JSON.stringify(ownValue(entry, 'event'))),
    codes(ownValue(entry, 'values')) || 'nothing',
  ]);
  const refused = listIn(cases, 'refused').map((entry) => [
    codes([ownValue(entry, 'path') ?? ''], plain) || '(empty)',
    plain(ownValue(entry, 'message')),
  ]);
  return `${markdownTable(['path', 'event', 'leads to'], found)}\n\n${markdownTable(['refused', 'because'], refused)}`;
}

function importedTable(file: string): string {
  const rows = listIn(readCases(file), 'imported').map((entry) => {
    const rule = objectOf(ownValue(entry, 'rule'));
    const event = objectOf(ownValue(rule, 'event'));
    const anyName = ownValue(event, 'operator') === 'glob' && ownValue(event, 'value') === '*';
    const conditions = arrayOf(ownValue(rule, 'conditions')).map((condition) =>
      conditionText(objectOf(condition)),
    );
    const parts = anyName ? conditions : [conditionText({ path: 'event name', ...event }), ...conditions];
    return [
      plain(ownValue(entry, 'says')),
      codes([ownValue(entry, 'fql') ?? ''], plain),
      parts.join(', ') || 'any event',
    ];
  });
  return markdownTable(['what', 'text', 'rule'], rows);
}

function conditionText({ path, operator, value, ...switches }: JsonObject): string {
  const words = [plain(path), plain(operator), ...(value === undefined ? [] : [JSON.stringify(value)])];
  return [
    code(words.join(' ')),
    ...Object.entries(switches).map(([key, to]) => code(`${key}: ${plain(to)}`)),
  ].join(' ');
}

function refusedTable(file: string): string {
  const rows = listIn(readCases(file), 'refused').map((entry) => {
    const [first, ...others] = new Set(arrayOf(ownValue(entry, 'problems')).map(plain));
    return [
      plain(ownValue(entry, 'says')),
      codes([ownValue(entry, 'fql') ?? ''], plain),
      [first, ...others].join(' '),
    ];
  });
  return markdownTable(['what', 'text', 'answer'], rows);
}

const LIMIT_TEXTS: Readonly<Record<keyof typeof RULE_LIMITS, string>> = {
  rulesMax: 'rules in one deployment, enabled or not',
  ruleLengthMax: 'characters of one rule as JSON',
  nameLengthMax: "characters of a rule's name",
  featureIdLengthMax: 'characters of a featureId',
  conditionsMax: 'conditions of one rule',
  pathLengthMax: 'characters of a path, escapes included',
  pathDepthMax: 'keys and positions in a path',
  textLengthMax: 'characters of a text or event name that is compared with',
  listLengthMax: 'entries of a list that is compared with',
  globLengthMax: 'characters of a pattern, escapes included',
};

function limitsTable(): string {
  const limits = Object.entries(RULE_LIMITS).map(([name, limit]) => {
    const text = Object.entries(LIMIT_TEXTS).find(([key]) => key === name)?.[1] ?? name;
    return [text, limit.toLocaleString('en-US')];
  });
  return markdownTable(['what', 'at most'], limits);
}

function markdownTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Inline code in a table cell: a pipe would end the cell, a backtick the code. */
function code(text: string): string {
  const cell = text.replaceAll('|', '\\|');
  return cell.includes('`') ? `\`\` ${cell} \`\`` : `\`${cell}\``;
}

function codes(values: JsonValue | undefined, show: (value: JsonValue) => string = JSON.stringify): string {
  return arrayOf(values)
    .map(show)
    .filter((text) => text !== '')
    .map(code)
    .join(', ');
}

function plain(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value.trim() : JSON.stringify(value);
}

function listIn(cases: JsonValue, key: string): JsonObject[] {
  return arrayOf(ownValue(objectOf(cases), key)).map(objectOf);
}

function objectOf(value: JsonValue | undefined): JsonObject {
  if (!isJsonObject(value)) throw new Error('The case file has another shape.');
  return value;
}

function arrayOf(value: JsonValue | undefined): JsonValue[] {
  if (!Array.isArray(value)) throw new Error('The case file has another shape.');
  return value;
}
