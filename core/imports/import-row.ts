// One line of an import, whatever it came from: what it says about one person. Checked once, here; what it means for the
// users that are there is decided in decide-import.ts.

export const IMPORT_FIELDS = ['userId', 'email', 'name', 'billingId'] as const;
export type ImportField = (typeof IMPORT_FIELDS)[number];

/** Never empty texts; at least one of userId, email and billingId is there. */
export type ImportRow = { readonly [Name in ImportField]?: string };

export type CheckedImportRow =
  { readonly ok: true; readonly row: ImportRow } | { readonly ok: false; readonly message: string };

/** In UTF-16 code units. The email's is that of RFC 5321 (64 + @ + 255). */
export const FIELD_LENGTH_MAX: Readonly<Record<ImportField, number>> = {
  userId: 1_000,
  email: 320,
  name: 500,
  billingId: 255,
};

/** One @ with something on both sides, no white space: what no mail system could deliver to is a slip of the pen. */
const EMAIL = /^[^\s@]+@[^\s@]+$/u;
/** The mark of bytes that were no UTF-8 where somebody decoded them. */
const REPLACEMENT = '\uFFFD';

/** `cells` by field; an empty or blank one says nothing. Emails, names and billing ids are taken without the space around them. */
export function checkImportRow(cells: { readonly [Name in ImportField]?: string }): CheckedImportRow {
  const row: { [Name in ImportField]?: string } = {};
  for (const field of IMPORT_FIELDS) {
    const cell = cells[field] ?? '';
    // An id is what events carry, to the character. Whether one with space around it exists is for the decision to see.
    const value = field === 'userId' ? cell : cell.trim();
    if (value.trim() === '') continue;
    const problem = problemOf(field, value);
    if (problem !== undefined) return { ok: false, message: problem };
    row[field] = value;
  }
  if (row.userId === undefined && row.email === undefined && row.billingId === undefined) {
    return { ok: false, message: 'The row names nobody: give a userId, an email or a billingId.' };
  }
  return { ok: true, row };
}

function problemOf(field: ImportField, value: string): string | undefined {
  const lengthMax = FIELD_LENGTH_MAX[field];
  if (value.length > lengthMax) {
    return `${field} has ${String(value.length)} characters, and may have ${String(lengthMax)}: shorten it.`;
  }
  if (value.includes(REPLACEMENT)) {
    return `${field} has a character that was lost when the file was written: save the file as UTF-8.`;
  }
  if (field === 'email' && !EMAIL.test(value)) {
    return 'email is not an address: write it like ada@example.com.';
  }
  return undefined;
}
