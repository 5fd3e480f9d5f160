import { createRoute, z } from '@hono/zod-openapi';
import type { UserNode } from '../../../core/identity/user-node.ts';
import { CSV_PART_LENGTH_MAX, csvAnswer } from '../csv-answer.ts';
import { textCell, toCsv } from '../csv.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { errors, KEYED } from '../schemas/error.ts';
import { queryCursor, queryLimit } from '../schemas/fields.ts';

const USERS_PER_FILE_MAX = 10_000;
const USERS_PER_PAGE = 100;
const COLUMNS = ['userId', 'email', 'name', 'billingId'] as const;

const download = createRoute({
  ...operation('exportUsers'),
  tags: ['Users'],
  summary: 'Download the users as CSV',
  description:
    'The columns that an import reads. Where there are more users, the header X-Next-Cursor says how to get the next part, which has no header line of its own, so that the parts can be joined.',
  request: {
    query: z.strictObject({ cursor: queryCursor, limit: queryLimit(USERS_PER_FILE_MAX, USERS_PER_FILE_MAX) }),
  },
  responses: {
    200: {
      description: 'Users by userId',
      content: {
        'text/csv': {
          schema: {
            type: 'string' as const,
            example: 'userId,email,name,billingId\r\nada,ada@example.com,Ada,cus_1\r\n',
          },
        },
      },
    },
    ...errors(...KEYED),
  },
});

export function userExportRoutes(app: AdminApp, { userList, users }: AdminDependencies): void {
  app.openapi(download, async (c) => {
    const { limit, cursor: from } = c.req.valid('query');
    let csv = from === undefined ? toCsv([COLUMNS]) : '';
    let cursor = from;
    for (let left = limit; left > 0 && csv.length < CSV_PART_LENGTH_MAX;) {
      const page = await userList.page(Math.min(left, USERS_PER_PAGE), cursor);
      const found = await users.getMany(page.rows);
      csv += toCsv(page.rows.flatMap((id) => found.get(id) ?? []).map(cellsOf));
      left -= page.rows.length;
      cursor = page.cursor;
      if (cursor === undefined) break;
    }
    const { body, headers } = csvAnswer(csv, {
      fileName: 'users.csv',
      acceptEncoding: c.req.header('accept-encoding'),
      cursor,
    });
    return c.body(body, 200, headers);
  });
}

const cellsOf = ({ userId, profile: { email, name, billingId } }: UserNode): string[] =>
  [userId, email?.value, name?.value, billingId?.value].map((text = '') => textCell(text));
