import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
  /** What there is none of: "No features yet". */
  readonly title: string;
  /** Why, and what to do about it. */
  readonly children: ReactNode;
  readonly actions?: ReactNode;
}

/** In place of a list that is empty: never just "no data", always the next step. */
export function EmptyState({ title, children, actions }: EmptyStateProps) {
  return (
    <Paper withBorder radius="lg" className={classes['empty']}>
      <Text fw={600} size="lg">
        {title}
      </Text>
      <Text c="dimmed" component="div" maw="34rem">
        {children}
      </Text>
      {actions !== undefined && <div className={classes['actions']}>{actions}</div>}
    </Paper>
  );
}
