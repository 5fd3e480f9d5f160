import { decideIdentify } from '../identity/decide-identify.ts';
import { groupSize, normaliseEmail, type EmailGroup } from '../identity/email-group.ts';
import type { IdentityDraft } from '../identity/identity-draft.ts';
import { mergeIdOf } from '../identity/merge-record.ts';
import { mergeObstacle, mergeUsers } from '../identity/merge-users.ts';
import { newNode, type Root } from '../identity/user-node.ts';
import type { Profile, ProfileField } from '../user.ts';
import type { ImportRow } from './import-row.ts';
import type { Verdict } from './import-verdict.ts';
import { createRoot, sayUnder } from './say-under.ts';

// What one row of an import does to the users that are there: drafted, and told as a verdict. The table is in
// docs/imports.md, its cases in test/cases/imports/. A row that conflicts or errs drafts nothing.

export interface ImportContext {
  /** `csv` is a person's file. A provider's list says what the provider knows, which is less than what the company says. */
  readonly kind: 'csv' | 'stripe' | 'chargebee';
  /** Epoch milliseconds: when this was said. */
  readonly at: number;
  /** What fields will name as their source. Begins with the kind and a colon; of two rows, the later has the larger one. */
  readonly source: string;
  readonly actor: string;
  /** Whether Chargebee is switched on. */
  readonly chargebee: boolean;
  readonly keyOf: (userId: string) => string;
  readonly importedUserIdOf: (from: string) => string;
  /** Tells this row's merge from others of the same millisecond. */
  readonly mergeSuffix: string;
}

export interface ImportDecision {
  readonly verdict: Verdict;
  readonly userId?: string;
  readonly message?: string;
}

/** Throws NotReadError, as every decision on a draft, when the facts do not hold what it needs. */
export function decideImport(draft: IdentityDraft, row: ImportRow, context: ImportContext): ImportDecision {
  const { billingId } = row;
  if (billingId !== undefined && !billingId.startsWith('cus_') && !context.chargebee) {
    const message =
      'billingId is not a Stripe customer id (cus_…), and Chargebee is switched off: switch it on in the settings, or correct the id.';
    return { verdict: 'error', message };
  }
  return row.userId === undefined
    ? decideByTraits(draft, row, context)
    : decideByUserId(draft, row, row.userId, context);
}

/** A row with a userId is about that user, as an identify is; and the user may take over an imported one. */
function decideByUserId(
  draft: IdentityDraft,
  row: ImportRow,
  userId: string,
  context: ImportContext,
): ImportDecision {
  const key = context.keyOf(userId);
  const isKnown = draft.node(key) !== undefined;
  if (!isKnown && userId !== userId.trim()) {
    return {
      verdict: 'error',
      message: 'userId begins or ends with white space, and nobody has it: remove the space.',
    };
  }
  if (!isKnown && userId.startsWith('imp_')) {
    return {
      verdict: 'error',
      message: 'Nobody has this imp_… id: leave userId empty, and give an email or a billingId.',
    };
  }
  const before = isKnown ? draft.rootOf(key) : undefined;
  const said = saidBy(row, before, context);
  const other = otherSide(draft, row, before, context);
  if (other.kind === 'conflict') return conflict(other.message, before);
  const survivor = before ?? createRoot(draft, newNode({ key, userId }, { said: {}, createdAt: context.at }));
  if (other.kind === 'absorb') absorb(draft, survivor, other.imported, context);
  const user = sayUnder(draft, key, said);
  if (other.kind === 'absorb') return { verdict: 'merge', userId: user.userId, message: other.message };
  return {
    verdict: before === undefined ? 'create' : isSame(before, user) ? 'unchanged' : 'update',
    userId: user.userId,
    ...(other.message !== undefined && { message: other.message }),
  };
}

type OtherSide =
  /** Nobody else is concerned, or others have the email and stay, which the message says. */
  | { readonly kind: 'apart'; readonly message?: string }
  /** An imported user that is this user. */
  | { readonly kind: 'absorb'; readonly imported: Root; readonly message: string }
  | { readonly kind: 'conflict'; readonly message: string };

function otherSide(
  draft: IdentityDraft,
  row: ImportRow,
  user: Root | undefined,
  context: ImportContext,
): OtherSide {
  const { billingId, email } = row;
  const owner = billingId === undefined ? undefined : ownerOf(draft, billingId);
  if (owner !== undefined && owner.key !== user?.key) return byBillingId(owner, row, user);
  const group = email === undefined ? undefined : draft.group(normaliseEmail(email));
  const candidate = group && soleOf(draft, without(group, user?.key));
  const {
    row: line,
    effect,
    refusal,
  } = decideIdentify({
    // Everything in the row, also what the user has already: the table asks what the row says, not what is new.
    said: everythingIn(row, context),
    user,
    group,
    candidate: candidate?.importedFrom === undefined ? undefined : candidate,
    billingOwner: owner,
  });
  if (candidate !== undefined && (effect === 'adopt' || effect === 'merge')) return absorption(candidate);
  if (refusal !== undefined) return { kind: 'apart', message: REFUSALS[refusal] };
  if (line === 7) return { kind: 'apart', message: SHARED };
  if (line === 8)
    return { kind: 'apart', message: 'Several users have this email, so the imported one was not merged.' };
  return { kind: 'apart' };
}

/** The file says outright who that customer is. */
function byBillingId(owner: Root, { billingId }: ImportRow, user: Root | undefined): OtherSide {
  if (owner.importedFrom === undefined) {
    return { kind: 'conflict', message: `The billingId belongs to the user ${owner.userId}.` };
  }
  const has = user?.profile.billingId?.value;
  if (has !== undefined && has !== billingId) {
    const message = `The user has another billing id, and this one belongs to the imported user ${owner.userId}.`;
    return { kind: 'conflict', message };
  }
  const obstacle = user && mergeObstacle(user, owner);
  return obstacle === undefined ? absorption(owner) : { kind: 'conflict', message: OBSTACLES[obstacle] };
}

const absorption = (imported: Root): OtherSide => ({
  kind: 'absorb',
  imported,
  message: `The imported user ${imported.userId} becomes part of this user.`,
});

function absorb(
  draft: IdentityDraft,
  survivor: Root,
  absorbed: Root,
  { at, actor, mergeSuffix }: ImportContext,
): void {
  const record = {
    id: mergeIdOf(at, mergeSuffix),
    survivor: { key: survivor.key, userId: survivor.userId },
    absorbed: { key: absorbed.key, userId: absorbed.userId },
    cause: 'import',
    actor,
    at,
  } as const;
  mergeUsers(draft, { survivor, absorbed, record });
}

/** A row without a userId is about whoever has its billing id, else about the one user who has its email. */
function decideByTraits(draft: IdentityDraft, row: ImportRow, context: ImportContext): ImportDecision {
  const { billingId, email } = row;
  if (billingId !== undefined) {
    const owner = ownerOf(draft, billingId);
    if (owner !== undefined) return fillIn(draft, owner, row, context);
  }
  if (email !== undefined) {
    const group = draft.group(normaliseEmail(email));
    const sole = group.overflowed ? undefined : soleOf(draft, group);
    // Somebody who has another billing id is somebody else, as far as bills are concerned.
    const isTheirs = billingId === undefined || sole?.profile.billingId === undefined;
    if (sole !== undefined && isTheirs) return fillIn(draft, sole, row, context);
    if (billingId === undefined && (groupSize(group) > 0 || group.overflowed)) {
      return conflict('Several users have this email: say which is meant with a userId or a billingId.');
    }
  }
  return createImported(draft, row, context);
}

function createImported(draft: IdentityDraft, row: ImportRow, context: ImportContext): ImportDecision {
  const importedFrom = originOf(row);
  const userId = context.importedUserIdOf(importedFrom);
  const key = context.keyOf(userId);
  if (draft.node(key) !== undefined) {
    const known = draft.rootOf(key);
    if (row.billingId !== undefined) return fillIn(draft, known, row, context);
    return conflict(
      'An imported user had this email and has another one now: say who is meant with a userId or a billingId.',
      known,
    );
  }
  createRoot(draft, newNode({ key, userId }, { said: {}, createdAt: context.at, importedFrom }));
  const user = sayUnder(draft, key, saidBy(row, undefined, context));
  const isShared = row.email !== undefined && groupSize(draft.group(normaliseEmail(row.email))) > 1;
  return {
    verdict: 'create',
    userId: user.userId,
    ...(isShared && { message: SHARED }),
  };
}

function fillIn(draft: IdentityDraft, before: Root, row: ImportRow, context: ImportContext): ImportDecision {
  const after = sayUnder(draft, before.key, saidBy(row, before, context));
  return { verdict: isSame(before, after) ? 'unchanged' : 'update', userId: after.userId };
}

/** What creates an imported user, and what its id comes from: whoever imports it, in whatever way, meets the same one. */
export function originOf({ billingId, email = '' }: ImportRow): string {
  if (billingId === undefined) return `csv:${normaliseEmail(email)}`;
  return billingId.startsWith('cus_') ? `stripe:${billingId}` : `chargebee:${billingId}`;
}

/** The news in a row: what the user does not have already, so that importing it again changes nothing. */
function saidBy(row: ImportRow, user: Root | undefined, { kind, at, source }: ImportContext): Profile {
  const news = (name: 'name' | 'email' | 'billingId'): ProfileField | undefined => {
    const [value, known] = [row[name], user?.profile[name]];
    if (value === undefined || known?.value.trim() === value) return undefined;
    // A provider fills in what nobody has said, and corrects what it has said itself.
    const isOwn = known === undefined || known.source.startsWith(`${kind}:`);
    return kind === 'csv' || isOwn ? { value, time: at, source } : undefined;
  };
  const [name, email, billingId] = [news('name'), news('email'), news('billingId')];
  return { ...(name && { name }), ...(email && { email }), ...(billingId && { billingId }) };
}

function everythingIn({ name, email, billingId }: ImportRow, { at, source }: ImportContext): Profile {
  const said = (value: string): ProfileField => ({ value, time: at, source });
  return {
    ...(name !== undefined && { name: said(name) }),
    ...(email !== undefined && { email: said(email) }),
    ...(billingId !== undefined && { billingId: said(billingId) }),
  };
}

function ownerOf(draft: IdentityDraft, billingId: string): Root | undefined {
  const key = draft.billingOwner(billingId);
  return key === undefined ? undefined : draft.rootOf(key);
}

function soleOf(
  draft: IdentityDraft,
  { users, imported }: Pick<EmailGroup, 'users' | 'imported'>,
): Root | undefined {
  const [key, ...more] = [...users, ...imported];
  return key === undefined || more.length > 0 ? undefined : draft.listedRoot(key);
}

const without = (
  { users, imported }: EmailGroup,
  key: string | undefined,
): Pick<EmailGroup, 'users' | 'imported'> => ({
  users: users.filter((other) => other !== key),
  imported: imported.filter((other) => other !== key),
});

/** Whether a person would see no difference. */
const isSame = (before: Root, after: Root): boolean =>
  (['name', 'email', 'billingId'] as const).every(
    (name) => before.profile[name]?.value === after.profile[name]?.value,
  );

const conflict = (message: string, user?: Root): ImportDecision => ({
  verdict: 'conflict',
  message,
  ...(user && { userId: user.userId }),
});

const SHARED = 'Other users have this email, too.';
const REFUSALS = {
  different_billing_ids: 'An imported user has this email and another billing id, so it was not merged.',
  merge_undone:
    'A person has separated the imported user with this email from this one, so it was not merged.',
  too_many_ids: 'The user has too many ids to take over the imported user with this email.',
} as const;
const OBSTACLES = {
  same_user: 'The imported user is this user already.',
  survivor_is_imported: 'An imported user cannot take over another user.',
  too_many_ids: 'The user has too many ids to take over another one.',
} as const;
