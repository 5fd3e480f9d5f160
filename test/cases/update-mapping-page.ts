import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { renderPage } from './mapping-page.ts';

// Writes the case files into docs/mapping-rules.md: `node test/cases/update-mapping-page.ts`.

const page = join(import.meta.dirname, '../../docs/mapping-rules.md');
const rendered = renderPage(readFileSync(page, 'utf8'));
writeFileSync(page, await format(rendered, { ...(await resolveConfig(page)), parser: 'markdown' }));
