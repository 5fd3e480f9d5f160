import { normaliseNumber } from '../dynamo-number.ts';
import { isRecord } from '../wire-item.ts';
import type { Operation } from './dynamo-trace.ts';
import { sameOutcome, type Outcome } from './outcome.ts';

// Where an implementation is known to differ from the model, and why that is of no matter or in favour of the model. What
// is not explained here fails the comparison.

export type EngineName = 'embedded' | 'DynamoDB Local';

export interface KnownDifference {
  readonly engine: EngineName;
  readonly reason: string;
  readonly explains: (operation: Operation, model: Outcome, engine: Outcome) => boolean;
}

const isRefused = (outcome: Outcome, error: string): boolean => !outcome.ok && outcome.error === error;

export const KNOWN_DIFFERENCES: readonly KnownDifference[] = [
  {
    engine: 'DynamoDB Local',
    reason:
      'It gives a number back as it was written (1.50, 1e2). DynamoDB normalises, as the model does, and no code reads a notation.',
    explains: (_, model, engine) => sameOutcome(withNumbers(model), withNumbers(engine)),
  },
  {
    engine: 'DynamoDB Local',
    reason:
      'It refuses a start key on the last sort key of a BETWEEN, after which nothing can come. Only a page that ends there has such a key, and then an empty answer and an error both end the list.',
    explains: ({ name, request }, model, engine) =>
      name === 'Query' &&
      request['ExclusiveStartKey'] !== undefined &&
      model.ok &&
      model.answer['Count'] === 0 &&
      isRefused(engine, 'ValidationException'),
  },
  {
    engine: 'DynamoDB Local',
    reason:
      'It ends a page without a key to go on from where the page ends on the last sort key of a BETWEEN. The model has one, as for any full page, and the next page is empty.',
    explains: ({ name }, model, engine) =>
      name === 'Query' &&
      model.ok &&
      engine.ok &&
      engine.answer['LastEvaluatedKey'] === undefined &&
      sameOutcome(withNumbers(withoutCursor(model)), withNumbers(engine)),
  },
  {
    engine: 'DynamoDB Local',
    reason:
      'It looks at the conditions of a transaction before it sees that two actions are on one item. The code never makes one, and the simulation fails on any refusal.',
    explains: ({ name }, model, engine) =>
      name === 'TransactWriteItems' &&
      isRefused(model, 'ValidationException') &&
      isRefused(engine, 'TransactionCanceledException'),
  },
  {
    engine: 'DynamoDB Local',
    reason:
      'An update that the stored item makes impossible (ADD to a text, a changed key) refuses a whole transaction, under one of two names; in the model it is a reason in its place. The simulation fails on either.',
    explains: ({ name }, model, engine) =>
      name === 'TransactWriteItems' && hasImpossible(model) && !engine.ok,
  },
  {
    engine: 'embedded',
    reason: 'In transactions it does not refuse an update that names a part of the key.',
    explains: ({ name }, model) => name === 'TransactWriteItems' && hasImpossible(model),
  },
  {
    engine: 'embedded',
    reason:
      'It takes a start key that the key condition excludes, which DynamoDB and the model refuse: only a cursor of another list is one.',
    explains: ({ name, request }, model, engine) =>
      name === 'Query' &&
      request['ExclusiveStartKey'] !== undefined &&
      isRefused(model, 'ValidationException') &&
      engine.ok,
  },
  {
    engine: 'embedded',
    reason:
      'In transactions it does not refuse values that no expression uses, nor an attribute that is set twice. The model and DynamoDB do, and the simulation fails on any refusal.',
    explains: ({ name }, model, engine) =>
      name === 'TransactWriteItems' &&
      isRefused(model, 'ValidationException') &&
      (engine.ok || isRefused(engine, 'TransactionCanceledException')),
  },
];

const hasImpossible = (outcome: Outcome): boolean =>
  !outcome.ok && JSON.stringify(outcome.details['reasons'] ?? []).includes('"ValidationError"');

const withoutCursor = (outcome: Outcome): Outcome =>
  outcome.ok ? { ok: true, answer: { ...outcome.answer, LastEvaluatedKey: undefined } } : outcome;

/** The outcome with every number in one notation. */
function withNumbers(outcome: Outcome): Outcome {
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        name === 'N' && typeof inner === 'string' ? normaliseNumber(inner) : plain(inner),
      ]),
    );
  };
  const answered = outcome.ok ? plain(outcome.answer) : plain(outcome.details);
  const said = isRecord(answered) ? answered : {};
  return outcome.ok ? { ok: true, answer: said } : { ...outcome, details: said };
}
