import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { createAdminApp } from '../functions/admin/app.ts';
import type { AdminDependencies } from '../functions/admin/dependencies.ts';

// Writes dashboard/api/openapi-types.ts: the types of the API, from the document that its own schemas generate. Part of
// `npm run check:types` and not committed, so that the dashboard is always checked against the API beside it.

const TARGET = resolve(import.meta.dirname, '../dashboard/api/openapi-types.ts');

/** The routes are declared and none is called: whatever they ask for is there, and does nothing. */
const nothing: object = new Proxy(() => undefined, { get: () => nothing });
// eslint-disable-next-line @typescript-eslint/no-unsafe-type-assertion -- see above
const app = createAdminApp(nothing as AdminDependencies);
const response = await app.request('/api/openapi.json');
if (response.status !== 200) throw new Error(`The API has no document: ${await response.text()}`);
const types = astToString(
  await openapiTS(await response.text(), {
    // What has a default may be left out of a request.
    defaultNonNullable: false,
  }),
);
writeFileSync(
  TARGET,
  `// Made by scripts/api-types.ts from the OpenAPI document. Not committed.\n\n${types}`,
);
