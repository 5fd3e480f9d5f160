import { Paper } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './table-frame.module.css';

interface TableFrameProps {
  /** What the table lists, for those who do not see it. */
  readonly label: string;
  readonly children: ReactNode;
}

/** A card around a table that scrolls sideways where it does not fit, also with the keyboard. */
export function TableFrame({ label, children }: TableFrameProps) {
  return (
    <Paper withBorder radius="lg" className={classes['frame']} tabIndex={0} role="region" aria-label={label}>
      {children}
    </Paper>
  );
}
