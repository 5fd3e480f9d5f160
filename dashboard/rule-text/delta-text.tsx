import type { RuleBody } from '../api/rule-queries.ts';
import { PathText } from './condition-text.tsx';

/** How much one event counts, in words. */
export function DeltaText({ delta }: { readonly delta: RuleBody['delta'] }) {
  if (delta === undefined) {
    return (
      <>
        what the event says in <PathText path="properties.delta" />, otherwise 1
      </>
    );
  }
  return 'path' in delta ? (
    <>
      what the event says in <PathText path={delta.path} />
    </>
  ) : (
    <>{String(delta.value)} for each event</>
  );
}
