import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../support/runtime-process.ts';
import { DashboardBrowser } from './dashboard-browser.ts';
import { callApi, sendWaitingEvents } from './waiting-events.ts';

// `npm run measure:dashboard`: how much JavaScript the first page loads, how long until it can be used, and how long after
// the API's answer a preview is drawn. It prints figures beside what was promised; a machine that is busy makes them larger.

const FIRST_LOAD_KB_MAX = 200;
const INTERACTIVE_MS_MAX = 1_000;
const DRAWN_MS_MAX = 300;
const ROUNDS = 7;

/** When the navigation and the heading of the page are there and a frame has been drawn, since the navigation began. */
const INTERACTIVE = `new Promise((done) => {
  const look = () => document.querySelector('nav[aria-label="Pages"] a') && document.querySelector('main h1')
    ? requestAnimationFrame(() => setTimeout(() => done(performance.now())))
    : requestAnimationFrame(look);
  look();
})`;

/** From the end of the answer to the frame in which the sentence with this number is drawn. */
const drawn = (sentence: string): string => `new Promise((done) => {
  const look = () => {
    if (!document.querySelector('section[aria-label="Preview"]')?.textContent.includes(${JSON.stringify(sentence)}))
      return requestAnimationFrame(look);
    const answers = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/api/rules/preview'));
    setTimeout(() => done(performance.now() - answers.at(-1).responseEnd));
  };
  look();
})`;

const dashboard = await DashboardBrowser.start();
const build = mkdtempSync(join(tmpdir(), 'tallyhook-dashboard-'));
try {
  execFileSync(process.execPath, [join(PROJECT_ROOT, 'scripts', 'build-dashboard.ts'), build]);
  await callApi(dashboard.url, 'POST', '/features', { id: 'exports', name: 'Pages exported' });
  await sendWaitingEvents(dashboard);
  await dashboard.signIn();

  const loaded = new Set<string>();
  dashboard.page.on('request', (request) => loaded.add(new URL(request.url()).pathname));
  await dashboard.open('/overview');
  const scripts = [...loaded].filter((path) => path.endsWith('.js'));
  const bytes = scripts.reduce((sum, path) => sum + statSync(join(build, `${path}.gz`)).size, 0);
  report(
    `first load, JavaScript, gzip (${String(scripts.length)} files)`,
    [bytes / 1_000],
    FIRST_LOAD_KB_MAX,
    'kB',
  );

  const interactive: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    await dashboard.page.goto(`${dashboard.url}/app/overview`);
    interactive.push(await dashboard.page.evaluate<number>(INTERACTIVE));
  }
  report('overview can be used', interactive, INTERACTIVE_MS_MAX, 'ms');

  await dashboard.open('/rules/new?event=Report+Exported');
  const { page } = dashboard;
  await page.getByRole('button', { name: 'Add a condition' }).click();
  await page.getByRole('combobox', { name: 'Field', exact: true }).fill('properties.format');
  const previews: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    // What was asked a moment ago is known; three answers in turn are not, because each takes the place of the last.
    const [value, sentence] = round % 2 === 0 ? ['pdf', '20 of 60'] : [`none ${String(round)}`, 'None of 60'];
    await page.getByRole('combobox', { name: 'Value', exact: true }).fill(value);
    previews.push(await page.evaluate<number>(drawn(sentence)));
  }
  report('preview drawn after the answer', previews, DRAWN_MS_MAX, 'ms');
} finally {
  rmSync(build, { recursive: true });
  await dashboard.stop();
}

function report(what: string, values: readonly number[], max: number, unit: string): void {
  const sorted = values.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const most = sorted.at(-1) ?? NaN;
  const figures =
    sorted.length === 1 ? median.toFixed(1) : `${median.toFixed(0)} (at most ${most.toFixed(0)})`;
  console.log(
    `${what}: ${figures} ${unit}, promised ${String(max)} ${unit}${median > max ? ' — MISSED' : ''}`,
  );
}
