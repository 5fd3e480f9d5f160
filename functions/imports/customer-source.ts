import { checkImportRow } from '../../core/imports/import-row.ts';
import type { RowSource } from '../work-import.ts';
import type { CustomerList } from './customer-list.ts';

// A provider's customers as rows, numbered as they come, each with its billing id.

export const customerSource = (list: CustomerList): RowSource => ({
  page: async ({ cursor, done }) => {
    const page = await list.page(cursor);
    if (page.kind !== 'page') return page;
    return {
      kind: 'page',
      rows: page.customers.map(({ customer, cursor: after }, index) => ({
        row: done + index + 1,
        checked: checkImportRow({ ...customer }),
        cursor: after,
      })),
      isLast: page.isLast,
    };
  },
});

/** When there is nothing to ask. */
export const refusedSource = (message: string): RowSource => ({
  page: () => Promise.resolve({ kind: 'refused', message }),
});
