import { randomInt } from 'node:crypto';
import {
  TransactWriteItemsCommand,
  type DynamoDBClient,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import { groupSize, normaliseEmail, type EmailGroup } from '../core/identity/email-group.ts';
import { IdentityDraft, NotReadError, type IdentityFacts } from '../core/identity/identity-draft.ts';
import type { UserNode } from '../core/identity/user-node.ts';
import { decideImport, originOf, type ImportContext } from '../core/imports/decide-import.ts';
import { forgetCustomer } from '../core/imports/forget-customer.ts';
import type { RowResult } from '../core/imports/import-verdict.ts';
import { pause } from './backoff.ts';
import { deletedCustomers, notDeletedSince, putDeletedCustomer } from './deleted-customer-item.ts';
import { isPermanent, reasonsOf } from './failure-kind.ts';
import { factsForUsers } from './identity-facts.ts';
import { identityItems } from './identity-plan.ts';
import type { ImportKind, WaitingRow } from './import-item.ts';
import { importedUserIdOf, keyPartOf } from './keys.ts';
import { COUNT_SHARDS } from './user-count-item.ts';
import type { UserStore } from './user-store.ts';

// Rows become users: as many rows as fit are decided on one draft and written in one transaction, together with whatever
// the caller says counts them. So a row and its verdict are there or not, both, and an import that is cut off anywhere goes
// on with the first row that has no verdict.

/** Who says what the rows say. */
export interface ImportSaying {
  readonly kind: ImportKind;
  /** Tells this import, or this webhook, from all others. */
  readonly id: string;
  readonly at: number;
  readonly actor: string;
  readonly chargebee: boolean;
}

export type Taken =
  | { readonly kind: 'taken'; readonly results: readonly RowResult[] }
  /** What the caller added was refused: somebody else has been there. Nothing was written. */
  | { readonly kind: 'refused' };

/** DynamoDB's limit for one transaction. */
const ITEMS_MAX = 100;
const ROWS_MAX = 100;
const FIRST_ROWS = 16;
const ATTEMPTS_MAX = 12;
/** Of a group this large, or larger, no member is ever merged or filled in by its email. */
const CANDIDATES_MAX = 2;

export class UserImport {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;
  private readonly users: UserStore;
  /** Rows that fitted last time: rows of one file are alike. */
  private rows = FIRST_ROWS;

  constructor(dynamo: DynamoDBClient, table: string, users: UserStore) {
    this.dynamo = dynamo;
    this.table = table;
    this.users = users;
  }

  /**
   * Writes the first of these rows, as many as go into one transaction, together with what `counted` makes of their
   * results. Throws when the store fails; then nothing, or all of it, was written.
   */
  async take(rows: readonly WaitingRow[], saying: ImportSaying, counted: Counted): Promise<Taken> {
    for (let attempt = 0; ;) {
      const chunk = rows.slice(0, this.rows);
      const outcome = await this.attempt(chunk, saying, counted, attempt > 0 ? Infinity : CANDIDATES_MAX);
      switch (outcome.kind) {
        case 'written':
          if (outcome.items < ITEMS_MAX / 2) this.rows = Math.min(ROWS_MAX, this.rows * 2);
          return { kind: 'taken', results: outcome.results };
        case 'refused':
          return { kind: 'refused' };
        case 'too many':
        case 'impossible':
          if (chunk.length === 1) return await this.giveUp(chunk, counted);
          this.rows = Math.ceil(chunk.length / 2);
          continue;
        case 'again':
          attempt += 1;
          if (attempt > ATTEMPTS_MAX) throw outcome.error;
          // The fewer rows, the fewer others to meet.
          this.rows = Math.ceil(chunk.length / 2);
          await pause(attempt);
      }
    }
  }

  private async attempt(
    chunk: readonly WaitingRow[],
    saying: ImportSaying,
    counted: Counted,
    candidatesMax: number,
  ): Promise<Attempt> {
    const [facts, current] = await Promise.all([
      this.facts(chunk, candidatesMax),
      this.withoutDeleted(chunk, saying),
    ]);
    try {
      const { draft, results } = decideRows(facts, current, saying);
      const own = [...this.draftItems(draft), ...this.guardsOf(current, results, saying)];
      const extra = counted(results);
      const items = own.length + extra.length;
      if (items > ITEMS_MAX) return { kind: 'too many' };
      const outcome = await this.send([...own, ...extra], extra.length);
      return outcome.kind === 'written' ? { kind: 'written', results, items } : outcome;
    } catch (error) {
      // What was read does not fit together: somebody changed it between two reads.
      if (error instanceof NotReadError) return { kind: 'again', error };
      throw error;
    }
  }

  /**
   * A provider has deleted a customer: its billing id goes where the provider said it, and older news of it are no news any
   * more. Throws when the store fails.
   */
  async forget(kind: 'stripe' | 'chargebee', billingId: string, at: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const { claims } = await this.users.groupsAndClaims([], [billingId]);
      const owner = claims.get(billingId);
      const facts = await factsForUsers(this.users, owner === undefined ? [] : [owner]);
      const draft = new IdentityDraft({ ...facts, claims: new Map([...facts.claims, ...claims]) });
      const outcome = await this.forgetOnce(draft, { kind, billingId, at });
      if (outcome.kind !== 'again' && outcome.kind !== 'impossible') return;
      if (outcome.kind === 'impossible' || attempt > ATTEMPTS_MAX) throw outcome.error;
      await pause(attempt);
    }
  }

  private async forgetOnce(
    draft: IdentityDraft,
    {
      kind,
      billingId,
      at,
    }: { readonly kind: 'stripe' | 'chargebee'; readonly billingId: string; readonly at: number },
  ): Promise<Outcome> {
    try {
      forgetCustomer(draft, { kind, billingId, at });
    } catch (error) {
      if (error instanceof NotReadError) return { kind: 'again', error };
      throw error;
    }
    // Refused: a later deletion is known already.
    return await this.send([...this.draftItems(draft), putDeletedCustomer(this.table, billingId, at)], 1);
  }

  private readonly draftItems = (draft: IdentityDraft): TransactWriteItem[] =>
    identityItems(this.table, draft, randomInt(COUNT_SHARDS)).map(({ item }) => item);

  /** The rows, of which those about customers that were deleted since can say nothing. */
  private async withoutDeleted(
    rows: readonly WaitingRow[],
    { kind, at }: ImportSaying,
  ): Promise<readonly WaitingRow[]> {
    if (kind === 'csv') return rows;
    const deleted = await deletedCustomers(this.dynamo, this.table, rows.flatMap(billingIdOf));
    return rows.map((row) => {
      const deletedAt = billingIdOf(row).map((billingId) => deleted.get(billingId))[0];
      return deletedAt === undefined || deletedAt < at ? row : { row: row.row, checked: DELETED };
    });
  }

  /** What must not be written once the deletion of its customer is. */
  private guardsOf(
    rows: readonly WaitingRow[],
    results: readonly RowResult[],
    { kind, at }: ImportSaying,
  ): TransactWriteItem[] {
    if (kind === 'csv') return [];
    const changed = rows.filter(
      (_, index) => results[index] !== undefined && results[index].verdict !== 'unchanged',
    );
    return [...new Set(changed.flatMap(billingIdOf))].map((billingId) =>
      notDeletedSince(this.table, billingId, at),
    );
  }

  /** A dry run: decides rows one after the other, each as if those before it had been written. */
  rehearsal(): Rehearsal {
    return new Rehearsal((rows) => this.facts(rows, Infinity));
  }

  /** A row that DynamoDB will never take, such as a user whose item would become too large. */
  private async giveUp([row]: readonly WaitingRow[], counted: Counted): Promise<Taken> {
    const message = 'The row cannot be stored: what would become of its user is too large.';
    const results: RowResult[] = row === undefined ? [] : [{ row: row.row, verdict: 'error', message }];
    const items = counted(results);
    const outcome = await this.send(items, items.length);
    if (outcome.kind === 'impossible' || outcome.kind === 'again') throw outcome.error;
    return outcome.kind === 'written' ? { kind: 'taken', results } : { kind: 'refused' };
  }

  private async send(items: readonly TransactWriteItem[], extra: number): Promise<Outcome> {
    if (items.length === 0) return { kind: 'written' };
    try {
      await this.dynamo.send(new TransactWriteItemsCommand({ TransactItems: [...items] }));
      return { kind: 'written' };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons = reasonsOf(error);
      const ofExtra = reasons.slice(reasons.length - extra);
      // Also when it was our own work, written before its answer was lost.
      if (extra > 0 && ofExtra.some(({ Code }) => Code === 'ConditionalCheckFailed'))
        return { kind: 'refused' };
      return { kind: isPermanent(error) ? 'impossible' : 'again', error };
    }
  }

  /** What deciding these rows needs; of the users of an email only where there are at most `candidatesMax` of them. */
  private async facts(rows: readonly WaitingRow[], candidatesMax: number): Promise<IdentityFacts> {
    const said = rows.flatMap(({ checked }) => (checked.ok ? [checked.row] : []));
    const own = await this.users.groupsAndClaims(
      said.flatMap(({ email }) => (email === undefined ? [] : normaliseEmail(email))),
      said.flatMap(({ billingId }) => billingId ?? []),
    );
    const candidates = [...own.emails.values()].flatMap((group) =>
      group === undefined || groupSize(group) > candidatesMax ? [] : [...group.users, ...group.imported],
    );
    const keys = [
      ...said.map((row) => keyPartOf(row.userId ?? importedUserIdOf(originOf(row)))),
      ...[...own.claims.values()].flatMap((owner) => owner ?? []),
      ...candidates,
    ];
    const { nodes, emails, claims } = await factsForUsers(this.users, [...new Set(keys)]);
    return {
      nodes,
      emails: new Map([...own.emails, ...emails]),
      claims: new Map([...own.claims, ...claims]),
    };
  }
}

const DELETED = { ok: false, message: 'The provider has deleted this customer since.' } as const;

const billingIdOf = ({ checked }: WaitingRow): string[] =>
  checked.ok && checked.row.billingId !== undefined ? [checked.row.billingId] : [];

type Counted = (results: readonly RowResult[]) => readonly TransactWriteItem[];

type Attempt =
  | { readonly kind: 'written'; readonly results: readonly RowResult[]; readonly items: number }
  | { readonly kind: 'too many' }
  | Exclude<Outcome, { kind: 'written' }>;

type Outcome =
  | { readonly kind: 'written' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'again' | 'impossible'; readonly error: Error };

export class Rehearsal {
  private readonly read: (rows: readonly WaitingRow[]) => Promise<IdentityFacts>;
  private readonly known = {
    nodes: new Map<string, UserNode | undefined>(),
    emails: new Map<string, EmailGroup | undefined>(),
    claims: new Map<string, string | undefined>(),
  };
  private readonly draft = new IdentityDraft(this.known);

  constructor(read: (rows: readonly WaitingRow[]) => Promise<IdentityFacts>) {
    this.read = read;
  }

  async decide(rows: readonly WaitingRow[], saying: ImportSaying): Promise<readonly RowResult[]> {
    const facts = await this.read(rows);
    // What was read first stands: what was drafted since rests on it.
    addMissing(this.known.nodes, facts.nodes);
    addMissing(this.known.emails, facts.emails);
    addMissing(this.known.claims, facts.claims);
    return rows.map((row) => decideRow(this.draft, row, saying));
  }
}

function addMissing<Value>(known: Map<string, Value>, read: ReadonlyMap<string, Value>): void {
  for (const [key, value] of read) if (!known.has(key)) known.set(key, value);
}

/** Decides in order, as far as the facts go: at least the first row. */
function decideRows(
  facts: IdentityFacts,
  rows: readonly WaitingRow[],
  saying: ImportSaying,
): { readonly draft: IdentityDraft; readonly results: readonly RowResult[] } {
  const draft = new IdentityDraft(facts);
  const results: RowResult[] = [];
  for (const row of rows) {
    try {
      results.push(decideRow(draft, row, saying));
    } catch (error) {
      if (!(error instanceof NotReadError) || results.length === 0) throw error;
      // An earlier row has changed what this one needs. Once that is written, it can be read.
      return decideRows(facts, rows.slice(0, results.length), saying);
    }
  }
  return { draft, results };
}

function decideRow(draft: IdentityDraft, { row, checked }: WaitingRow, saying: ImportSaying): RowResult {
  if (!checked.ok) return { row, verdict: 'error', message: checked.message };
  return { row, ...decideImport(draft, checked.row, contextOf(saying, row)) };
}

function contextOf({ kind, id, at, actor, chargebee }: ImportSaying, row: number): ImportContext {
  const place = String(row).padStart(8, '0');
  return {
    kind,
    at,
    source: `${kind}:${id}#${place}`,
    actor,
    chargebee,
    keyOf: keyPartOf,
    importedUserIdOf,
    mergeSuffix: `${id.slice(-12)}${place}`,
  };
}
