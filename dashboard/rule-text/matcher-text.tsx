import type { EventMatcher } from '../api/rule-queries.ts';
import { OPERATOR_WORDS } from './operator-words.ts';
import { ValueText } from './value-text.tsx';
import classes from './rule-text.module.css';

/** Which events a rule is for, in words. */
export function MatcherText({ matcher }: { readonly matcher: EventMatcher }) {
  if (matcher.operator === 'glob' && matcher.value === '*') return <>Any event</>;
  return (
    <>
      {matcher.operator === 'equals' ? '' : `Event ${OPERATOR_WORDS[matcher.operator]} `}
      <ValueText value={matcher.value} />
      {matcher.caseInsensitive === true && <span className={classes['soft']}> (in any letter case)</span>}
    </>
  );
}
