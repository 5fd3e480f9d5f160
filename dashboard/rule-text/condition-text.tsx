import type { Condition } from '../api/rule-queries.ts';
import { EventText } from '../parts/event-text.tsx';
import { OPERATOR_WORDS } from './operator-words.ts';
import { ValueText } from './value-text.tsx';
import classes from './rule-text.module.css';

/** One condition of a rule, in words. */
export function ConditionText({ condition }: { readonly condition: Condition }) {
  return (
    <span>
      {condition.not === true && 'not: '}
      <PathText path={condition.path} /> {OPERATOR_WORDS[condition.operator]}
      {'value' in condition && (
        <>
          {' '}
          <ValueText value={condition.value} />
        </>
      )}
      <span className={classes['soft']}>{switchesOf(condition)}</span>
    </span>
  );
}

export function PathText({ path }: { readonly path: string }) {
  return (
    <span className={classes['path']}>
      <EventText lengthMax={100}>{path}</EventText>
    </span>
  );
}

function switchesOf(condition: Condition): string {
  const words = [
    'caseInsensitive' in condition && condition.caseInsensitive === true && 'in any letter case',
    'as' in condition && condition.as !== undefined && `read as ${condition.as}`,
    'unit' in condition && condition.unit === 'bytes' && 'in bytes',
  ].filter((word) => typeof word === 'string');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}
