import { EventText } from '../parts/event-text.tsx';
import classes from './rule-text.module.css';

/** Of a list, shown before the rest is only counted. */
const ENTRIES_MAX = 6;

/** A value from a rule or an event, so that a text can be told from a number: texts have quotation marks. */
export function ValueText({ value }: { readonly value: unknown }) {
  if (Array.isArray(value)) {
    const entries: readonly unknown[] = value;
    const rest = entries.length - ENTRIES_MAX;
    return (
      <>
        {entries.length === 0 && <span className={classes['value']}>an empty list</span>}
        {entries.slice(0, ENTRIES_MAX).map((entry, index) => (
          <span key={index}>
            {index > 0 && ', '}
            <ValueText value={entry} />
          </span>
        ))}
        {rest > 0 && ` and ${String(rest)} more`}
      </>
    );
  }
  return (
    <span className={classes['value']}>
      {typeof value === 'string' ? (
        <>
          “<EventText lengthMax={80}>{value}</EventText>”
        </>
      ) : (
        <EventText lengthMax={80}>{JSON.stringify(value) ?? 'nothing'}</EventText>
      )}
    </span>
  );
}
