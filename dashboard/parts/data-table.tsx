import { Paper, VisuallyHidden } from '@mantine/core';
import type { ReactNode } from 'react';
import classes from './data-table.module.css';

export interface Column<Row> {
  /** Over the column; beside the value where the table is a list of cards. Plain text. */
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /**
   * `number`: at the right, in digits of one width. `action`: buttons, whose title is heard and not seen. `mark`: a box to
   * mark the row with. `heading`: what the row is about, as a heading of its own. @default text
   */
  readonly kind?: 'text' | 'number' | 'action' | 'mark' | 'heading';
  /** Over the column instead of the title. */
  readonly head?: ReactNode;
  /** The least width, where there is room for a table. */
  readonly widthMin?: string;
}

interface DataTableProps<Row> {
  /** What the table lists, for those who do not see it. */
  readonly label: string;
  /** The first, or the first after the marks, says which row it is. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

/**
 * Rows with columns. Where there is no room for them, each row is a card that has every value below the other with its
 * title, so that nothing is out of sight. In between it scrolls sideways, also with the keyboard.
 */
export function DataTable<Row>({ label, columns, rows, keyOf }: DataTableProps<Row>) {
  const lead = columns.findIndex(({ kind }) => kind !== 'mark');
  return (
    <Paper withBorder radius="lg" className={classes['frame']} tabIndex={0} role="region" aria-label={label}>
      {/* The roles are said, because what is displayed as cards would lose them. Not Mantine's table: 20 kB, for scrolling that this has. */}
      <table role="table" className={classes['table']}>
        <thead role="rowgroup">
          <tr role="row">
            {/* By their place: two may have one title. */}
            {columns.map(({ title, kind, head }, index) => (
              <th key={index} role="columnheader" data-kind={kind}>
                {kind === 'action' ? <VisuallyHidden>{title}</VisuallyHidden> : (head ?? title)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {rows.map((row) => (
            <tr key={keyOf(row)} role="row">
              {columns.map(({ title, cell, kind, widthMin }, index) => {
                const content = cell(row);
                const isEmpty = content === null || content === undefined || content === false;
                const Cell = kind === 'heading' ? 'th' : 'td';
                return (
                  <Cell
                    key={index}
                    role={kind === 'heading' ? 'rowheader' : 'cell'}
                    style={{ minWidth: widthMin }}
                    data-title={title}
                    data-kind={index === lead ? 'lead' : kind}
                    data-align={kind === 'number' ? 'end' : undefined}
                    data-empty={isEmpty || undefined}
                  >
                    <div className={classes['value']}>{content}</div>
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </Paper>
  );
}
