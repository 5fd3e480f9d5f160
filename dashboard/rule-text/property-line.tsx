import { EventText } from '../parts/event-text.tsx';
import classes from './rule-text.module.css';

const SHOWN_MAX = 5;

/** The first properties of an event, on one line: `plan: "pro" · count: 3`. */
export function PropertyLine({ properties }: { readonly properties: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(properties);
  if (entries.length === 0) return <div className={classes['line']}>no properties</div>;
  return (
    <div className={classes['line']}>
      {entries.slice(0, SHOWN_MAX).map(([key, value], index) => (
        <span key={key}>
          {index > 0 && ' · '}
          <EventText lengthMax={40}>{key}</EventText>:{' '}
          <EventText lengthMax={60}>{JSON.stringify(value) ?? ''}</EventText>
        </span>
      ))}
      {entries.length > SHOWN_MAX && ` · ${String(entries.length - SHOWN_MAX)} more`}
    </div>
  );
}
