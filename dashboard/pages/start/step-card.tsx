import { Paper, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { Icon } from '../../parts/icon.tsx';
import classes from './step-card.module.css';

export type StepState = 'done' | 'now' | 'later';

interface StepCardProps {
  readonly number: number;
  readonly title: string;
  readonly state: StepState;
  /** What has come of it, once it is done. */
  readonly outcome?: ReactNode;
  /** Shown while it is this step's turn. */
  readonly children: ReactNode;
}

const STATES: Readonly<Record<StepState, string>> = { done: 'done', now: 'to do now', later: 'later' };

export function StepCard({ number, title, state, outcome, children }: StepCardProps) {
  return (
    <Paper component="li" withBorder radius="lg" className={classes['step']} data-state={state}>
      <span className={classes['mark']} aria-hidden="true">
        {state === 'done' ? <Icon name="check" size={16} /> : number}
      </span>
      <div className={classes['content']}>
        <Title order={2} size="h5" className={classes['title']}>
          {title}
          <span className={classes['hidden']}> ({STATES[state]})</span>
        </Title>
        {state === 'done' && outcome !== undefined && (
          <Text size="sm" c="dimmed" component="div" mt={4}>
            {outcome}
          </Text>
        )}
        {state === 'now' && <div className={classes['body']}>{children}</div>}
      </div>
    </Paper>
  );
}
