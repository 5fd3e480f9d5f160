import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

// The dashboard as `dashboard/build.ts` leaves it beside this function's code: `index.html`, and under `assets/` everything
// that it loads, each file named by a hash of its content and compressed once at build time.

export interface StoredFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  /** Undefined: as it is. */
  readonly encoding: 'br' | 'gzip' | undefined;
}

/** The bytes of a file of the build; undefined when there is none by this name. */
export type ReadBuiltFile = (name: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

const CONTENT_TYPES: ReadonlyMap<string, string> = new Map([
  ['css', 'text/css; charset=utf-8'],
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['svg', 'image/svg+xml'],
  ['woff2', 'font/woff2'],
]);
/** Names that the build gives. No separators and no leading dot, so that none leads out of the folder. */
const ASSET_NAME = /^\w[\w-]*(?:\.[\w-]+)*\.(\w+)$/;
/** In the order of preference, with the ending that the build gives to each. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

export class DashboardFiles {
  private readonly read: ReadBuiltFile;

  constructor(read: ReadBuiltFile) {
    this.read = read;
  }

  /** The one page, which every address of the dashboard gets. */
  async page(acceptEncoding: string): Promise<StoredFile | undefined> {
    return await this.find('index.html', acceptEncoding);
  }

  async asset(name: string, acceptEncoding: string): Promise<StoredFile | undefined> {
    return ASSET_NAME.test(name) ? await this.find(`assets/${name}`, acceptEncoding) : undefined;
  }

  private async find(path: string, acceptEncoding: string): Promise<StoredFile | undefined> {
    const contentType = CONTENT_TYPES.get(path.slice(path.lastIndexOf('.') + 1));
    if (contentType === undefined) return undefined;
    for (const [encoding, ending] of ENCODINGS) {
      if (!accepts(acceptEncoding, encoding)) continue;
      const body = await this.read(path + ending);
      if (body !== undefined) return { body, contentType, encoding };
    }
    const body = await this.read(path);
    return body === undefined ? undefined : { body, contentType, encoding: undefined };
  }
}

/** Reads each file once: they cannot change while the function runs, and all of them together are small. */
export function builtFiles(folder: string): ReadBuiltFile {
  const files = new Map<string, Promise<Uint8Array<ArrayBuffer> | undefined>>();
  return (name) => {
    const known = files.get(name);
    if (known !== undefined) return known;
    const file = readFile(join(folder, name)).catch((error: unknown) => {
      // Names that do not exist are not kept: there is no end to them.
      files.delete(name);
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    });
    files.set(name, file);
    return file;
  };
}

function accepts(header: string, encoding: string): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    return name === encoding && !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}
