import type { RuleVerdict } from '../api/event-queries.ts';
import { PathText } from './condition-text.tsx';
import { takesNoValue, wordsOf } from './operator-words.ts';
import { ValueText } from './value-text.tsx';

/** The condition that does not hold, what it asks for, and what the event has there. */
export function FailedText({ failed }: { readonly failed: NonNullable<RuleVerdict['failed']> }) {
  return (
    <>
      Fails: <PathText path={failed.path} /> {wordsOf(failed.operator)}
      {!takesNoValue(failed.operator) && (
        <>
          {' '}
          <ValueText value={failed.expected} />
        </>
      )}
      .{' '}
      {failed.found === undefined ? (
        <strong>The event has nothing there.</strong>
      ) : (
        <>
          The event has <ValueText value={failed.found} />.
        </>
      )}
    </>
  );
}
