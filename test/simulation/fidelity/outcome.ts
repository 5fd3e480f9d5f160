import { isRecord, type JsonRecord } from '../wire-item.ts';
import type { ServiceAnswer } from './json-service.ts';

// What an answer means, without what may differ from one implementation to the next and from one day to the next: the words of
// a message, the order of a batch's items and of a set's members, capacities.

export type Outcome =
  | { readonly ok: true; readonly answer: JsonRecord }
  | { readonly ok: false; readonly error: string; readonly details: JsonRecord };

const SAID = ['Item', 'Items', 'Count', 'ScannedCount', 'LastEvaluatedKey', 'Responses'] as const;

export function outcomeOf({ status, body }: ServiceAnswer): Outcome {
  const record = isRecord(body) ? body : {};
  if (status === 200) return succeeded(record);
  const type = typeof record['__type'] === 'string' ? record['__type'] : String(status);
  return failed(type.slice(type.lastIndexOf('#') + 1), record);
}

export function succeeded(body: JsonRecord): Outcome {
  const answer: Record<string, unknown> = {};
  for (const name of SAID) if (body[name] !== undefined) answer[name] = plain(body[name]);
  const responses = body['Responses'];
  // Keys are asked for together and answered in any order; statements are answered one by one.
  if (isRecord(responses)) answer['Responses'] = Object.values(responses).map((items) => byKey(plain(items)));
  else if (Array.isArray(responses)) answer['Responses'] = responses.map(codeOf);
  return { ok: true, answer };
}

export function failed(error: string, fields: JsonRecord): Outcome {
  const reasons: unknown = fields['CancellationReasons'];
  return {
    ok: false,
    error,
    details: {
      ...(isRecord(fields['Item']) && { Item: plain(fields['Item']) }),
      ...(Array.isArray(reasons) && {
        reasons: reasons.map((reason: unknown) => {
          const item: unknown = isRecord(reason) ? reason['Item'] : undefined;
          return {
            code: isRecord(reason) ? reason['Code'] : reason,
            ...(isRecord(item) && { item: plain(item) }),
          };
        }),
      }),
    },
  };
}

export const sameOutcome = (left: Outcome, right: Outcome): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function codeOf(response: unknown): unknown {
  const error: unknown = isRecord(response) ? response['Error'] : undefined;
  return isRecord(error) ? error['Code'] : 'inserted';
}

const keyOf = (item: unknown): string => JSON.stringify(isRecord(item) ? [item['pk'], item['sk']] : item);

const byKey = (items: unknown): unknown => inOrder(items, keyOf);

const sorted = (members: unknown): unknown => inOrder(members, JSON.stringify);

function inOrder(values: unknown, rankOf: (value: unknown) => string): unknown {
  if (!Array.isArray(values)) return values;
  const list: readonly unknown[] = values;
  return list.toSorted((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1));
}

/** The same value with the members of objects and sets in one order. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, name === 'NS' || name === 'SS' ? sorted(inner) : plain(inner)]),
  );
}
