// CSV as RFC 4180 has it, safe to open in a spreadsheet.

/** What a spreadsheet would read as a formula (OWASP, "CSV Injection"), or what was made harmless already: reading takes one apostrophe off. */
const FORMULA = /^'*[=+\-@\t\r]/;
const SPECIAL = /[",\r\n]/;

/** A text from outside: never a formula. */
export function textCell(text: string): string {
  const harmless = FORMULA.test(text) ? `'${text}` : text;
  return SPECIAL.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Cells that are written already, a header first. */
export function toCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.join(',')}\r\n`).join('');
}
