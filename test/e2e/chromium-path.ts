import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The browser of the tests: CHROMIUM_PATH, or the first Chromium on the PATH. */
export function chromiumPath(): string {
  const { CHROMIUM_PATH: given, PATH: path = '' } = process.env;
  if (given !== undefined && given !== '') return given;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    for (const folder of path.split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {
        continue;
      }
    }
  }
  throw new Error('There is no Chromium: run scripts/install-chromium.sh, or set CHROMIUM_PATH to one.');
}
