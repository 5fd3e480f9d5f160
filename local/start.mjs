// What `npm start` runs. Plain JavaScript, so that an old Node gets as far as saying what is wrong.

import module from 'node:module';
import { fileURLToPath } from 'node:url';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Tallyhook needs Node 24, which comes with its packages, and this is Node ${process.versions.node}: run "npm ci", then "npm start".`,
  );
  process.exit(1);
}
// Type stripping and SQLite are marked experimental in some of these versions; that helps nobody who reads this console.
process.removeAllListeners('warning');
// Compiled code is kept beside the other things that can be made again (template/template-cache.ts): the next start is
// faster and 20 MB smaller, because it needs no TypeScript stripped.
module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/tallyhook/code', import.meta.url)));
const { main } = await import('./main.ts');
await main();
