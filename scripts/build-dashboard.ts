import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { convertCssVariables, mergeMantineTheme, DEFAULT_THEME } from '@mantine/core';
import { build, type Plugin } from 'vite';
import { cssVariables, theme } from '../dashboard/theme.ts';

// `node scripts/build-dashboard.ts FOLDER`: the dashboard as static files, each also compressed, as infra/ puts them beside
// the admin function.

const root = resolve(import.meta.dirname, '../dashboard');
const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: build-dashboard.ts FOLDER');

const THEME_CSS = 'virtual:theme.css';
const themeCss: Plugin = {
  // Mantine would write the variables of the theme into a <style> at run time, which the Content-Security-Policy forbids.
  name: 'theme-css',
  resolveId: (id) => (id === THEME_CSS ? `\0${THEME_CSS}` : undefined),
  load: (id) =>
    id === `\0${THEME_CSS}`
      ? convertCssVariables(cssVariables(mergeMantineTheme(DEFAULT_THEME, theme)))
      : undefined,
};

await build({
  root,
  configFile: false,
  logLevel: 'error',
  plugins: [themeCss],
  build: {
    outDir: resolve(folder),
    emptyOutDir: true,
    target: 'es2023',
    // Everything is a file of its own: the policy allows no `data:`.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      output: { entryFileNames: 'assets/[name]-[hash].js', chunkFileNames: 'assets/[name]-[hash].js' },
    },
  },
});

for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!/\.(css|html|js|svg)$/.test(name)) continue;
  const path = join(folder, name);
  const content = readFileSync(path);
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
}
