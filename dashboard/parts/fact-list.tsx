import type { ReactNode } from 'react';
import classes from './fact-list.module.css';

interface FactListProps {
  /** What it is, and what it says. */
  readonly facts: readonly (readonly [label: string, content: ReactNode])[];
}

/** What is known of one thing, each fact with its label. */
export function FactList({ facts }: FactListProps) {
  return (
    <dl className={classes['facts']}>
      {facts.map(([label, content]) => (
        <div key={label} className={classes['fact']}>
          <dt className={classes['label']}>{label}</dt>
          <dd className={classes['content']}>{content}</dd>
        </div>
      ))}
    </dl>
  );
}
