import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import {
  ADMIN_KEY,
  PROJECT_ROOT,
  startRuntimeProcess,
  temporaryDataDir,
  type RuntimeProcess,
} from '../support/runtime-process.ts';
import { chromiumPath } from './chromium-path.ts';

// The dashboard as a person has it: a real Chromium on the real pipeline. What no page may ever do is collected all the
// time: break the Content-Security-Policy, or throw.

const SCREENSHOTS = join(PROJECT_ROOT, 'docs', 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const CHARTS_ARE_DRAWN = `[...document.querySelectorAll('[data-chart]')].every((chart) => {
  const canvas = chart.querySelector('canvas');
  return canvas !== null && canvas.width > 0 &&
    canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((value) => value !== 0);
})`;
const CHART_MS_MAX = 10_000;
const STEPS_MAX = 60;
/** What has the focus and no outline, itself or as what stands for it; empty when it is seen. */
const UNSEEN_FOCUS = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return '';
  const shown = [element, element.closest('.mantine-Input-input'), element.nextElementSibling];
  const isSeen = shown.some((candidate) => candidate !== null && getComputedStyle(candidate).outlineStyle !== 'none');
  return isSeen ? '' : element.outerHTML.slice(0, 200);
})()`;

/** The three ways in which every page is looked at. */
const LOOKS = [
  { name: 'light', scheme: 'light', size: { width: 1280, height: 800 } },
  { name: 'dark', scheme: 'dark', size: { width: 1280, height: 800 } },
  { name: 'phone', scheme: 'light', size: { width: 375, height: 812 } },
] as const;

export class DashboardBrowser {
  readonly page: Page;
  readonly url: string;
  readonly dataDir: string;
  /** What broke the policy or was thrown, in all pages so far. */
  readonly faults: string[] = [];
  private readonly context: BrowserContext;
  private readonly end: () => Promise<void>;

  private constructor(
    runtime: RuntimeProcess,
    dataDir: string,
    context: BrowserContext,
    page: Page,
    end: () => Promise<void>,
  ) {
    this.url = runtime.url;
    this.dataDir = dataDir;
    this.context = context;
    this.page = page;
    this.end = end;
  }

  /** A pipeline with nothing in it, and a browser that nobody is signed in with. */
  static async start(): Promise<DashboardBrowser> {
    const dataDir = temporaryDataDir();
    let runtime: RuntimeProcess | undefined;
    let browser: Browser | undefined;
    const end = async (): Promise<void> => {
      await browser?.close();
      await runtime?.stop();
      dataDir.remove();
    };
    try {
      runtime = await startRuntimeProcess(dataDir.path);
      browser = await chromium.launch({
        executablePath: chromiumPath(),
        args: ['--no-sandbox'],
      });
      const context = await browser.newContext({
        viewport: LOOKS[0].size,
        // What fields for dates are in, whatever is asked for: Debian's Chromium comes with this one.
        locale: 'en-US',
        timezoneId: 'Europe/Berlin',
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      const dashboard = new DashboardBrowser(runtime, dataDir.path, context, page, end);
      await dashboard.collectFaults();
      return dashboard;
    } catch (error) {
      await end();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.end();
  }

  /** Opens a view, `/features`, and waits until nothing loads any more. */
  async open(view: string): Promise<void> {
    await this.page.goto(`${this.url}/app${view}`);
    await this.settled();
  }

  async settled(): Promise<void> {
    await this.page.waitForLoadState('networkidle');
    // Several parts of a page may load at once, and one that is there may ask for the next.
    const loading = this.page.locator('[aria-label="Loading"]');
    while ((await loading.count()) > 0) await loading.first().waitFor({ state: 'detached' });
    // A chart is drawn when its width is known.
    const deadline = Date.now() + CHART_MS_MAX;
    // Asked from outside again and again: the policy of the page forbids what `waitForFunction` does with a text.
    while ((await this.page.evaluate(CHARTS_ARE_DRAWN)) !== true) {
      if (Date.now() > deadline) throw new Error('A chart stays empty.');
      await this.page.evaluate('new Promise(requestAnimationFrame)');
    }
  }

  /** Goes there with the keyboard alone. Throws when no key leads there, or when it cannot be seen on the way where one is. */
  async tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    await target.waitFor();
    for (let step = 0; step < STEPS_MAX; step += 1) {
      await this.page.keyboard.press(key);
      const unseen: unknown = await this.page.evaluate(UNSEEN_FOCUS);
      if (unseen !== '') throw new Error(`The focus is not seen at ${String(unseen)}`);
      if ((await target.and(this.page.locator(':focus')).count()) > 0) return;
    }
    throw new Error(`${String(STEPS_MAX)} times ${key} did not lead to ${String(target)}`);
  }

  async signIn(key = ADMIN_KEY): Promise<void> {
    await this.page.goto(`${this.url}/`);
    await this.page.getByLabel('Key', { exact: true }).fill(key);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Pages' }).waitFor();
  }

  /**
   * Looks at the page as it is, in light, dark and at the width of a phone: writes a picture of each to docs/screenshots/,
   * and answers everything that is wrong: violations of accessibility rules, and a page wider than the screen.
   */
  async look(name: string): Promise<string[]> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    const wrong: string[] = [];
    // News at the corner come and go; the page itself is looked at.
    const news = this.page.locator('.mantine-Notification-closeButton');
    // One that goes by itself at that moment cannot be clicked any more, and need not be.
    while ((await news.count()) > 0)
      await news
        .first()
        .click({ timeout: 1_000 })
        .catch(() => undefined);
    for (const look of LOOKS) {
      await this.page.emulateMedia({ colorScheme: look.scheme, reducedMotion: 'reduce' });
      await this.page.setViewportSize(look.size);
      await this.settled();
      await this.page.evaluate('scrollTo(0, 0)');
      await this.page.screenshot({
        path: join(SCREENSHOTS, `${name}-${look.name}.png`),
        // What lies over the page covers what is seen of it, and a picture of the rest would show where that ends.
        fullPage: (await this.page.getByRole('dialog').count()) === 0,
        animations: 'disabled',
        caret: 'hide',
      });
      for (const problem of await this.violations()) wrong.push(`${name}, ${look.name}: ${problem}`);
      const width: unknown = await this.page.evaluate('document.documentElement.scrollWidth');
      if (Number(width) > look.size.width)
        wrong.push(`${name}, ${look.name}: is ${String(width)} pixels wide`);
    }
    await this.page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await this.page.setViewportSize(LOOKS[0].size);
    return wrong;
  }

  /** What axe finds, as lines that say where. */
  async violations(): Promise<string[]> {
    // Evaluated from outside of the page, where its policy does not apply.
    await this.page.evaluate(`${AXE};0`);
    const found: unknown = await this.page.evaluate(
      `axe.run(document).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
         nodes.map(({ target, failureSummary }) => id + ' at ' + target.join(' ') + ': ' + failureSummary)))`,
    );
    return Array.isArray(found) ? found.map(String) : ['axe gave no answer'];
  }

  private async collectFaults(): Promise<void> {
    this.page.on('pageerror', (error) => this.faults.push(`thrown: ${error.message}`));
    await this.context.exposeFunction('reportPolicyViolation', (what: string) => {
      this.faults.push(`policy: ${what}`);
    });
    await this.context.addInitScript(`addEventListener('securitypolicyviolation', (event) =>
      reportPolicyViolation(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile + ' ' + event.sample))`);
  }
}
