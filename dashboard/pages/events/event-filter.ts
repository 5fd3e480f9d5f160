import type { EventFilter } from '../../api/event-queries.ts';

// What is looked for, as it stands in the address. The API has three lists of events; which of them is asked is chosen
// first. Pure.

export type SearchKind = 'user' | 'unmapped' | 'message';

export const SEARCH_KINDS: readonly { readonly value: SearchKind; readonly label: string }[] = [
  { value: 'user', label: 'All events of a user' },
  { value: 'unmapped', label: 'Unmapped events by name' },
  { value: 'message', label: 'One event by its message id' },
];

export const kindIn = (search: URLSearchParams): SearchKind =>
  SEARCH_KINDS.find(({ value }) => value === search.get('by'))?.value ??
  (search.get('status') === 'unmapped' ? 'unmapped' : 'user');

/** Undefined as long as what is needed is not given. */
export function filterIn(search: URLSearchParams): EventFilter | undefined {
  const event = search.get('event') ?? '';
  const userId = search.get('userId') ?? '';
  switch (kindIn(search)) {
    case 'user':
      return userId === '' ? undefined : { userId, ...rangeIn(search) };
    case 'unmapped':
      return { status: 'unmapped', ...(event !== '' && { event }) };
    case 'message':
      return undefined;
  }
}

export function rangeIn(search: URLSearchParams): Pick<EventFilter, 'from' | 'to'> {
  const from = isoOf(search.get('from'));
  const to = isoOf(search.get('to'));
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

const isoOf = (text: string | null): string | undefined =>
  text === null || Number.isNaN(Date.parse(text)) ? undefined : new Date(text).toISOString();

/** As an input for a local time has it: `2026-11-23T14:05`. */
export function toLocalInput(iso: string | undefined): string {
  if (iso === undefined) return '';
  const date = new Date(iso);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** A local time from an input as the address has it; empty for none. */
export const fromLocalInput = (text: string): string => isoOf(text === '' ? null : text) ?? '';
