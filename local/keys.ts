import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { newApiKeySecret } from '../adapters/api-keys.ts';
import { codeOf } from './caught.ts';
import { writeStateFile } from './data-dir.ts';
import { StartError } from './start-error.ts';

// The keys and secrets of one local pipeline: made once, kept in DATA_DIR for its owner only, and printed at each start.

const fileSchema = z.object({
  adminKey: z.string().min(1),
  ingestKey: z.string().min(1),
  /** Generated secrets of the template, by logical id. */
  secrets: z.record(z.string(), z.string()).default({}),
});

const ADMIN_KEY_LENGTH = 48;

export interface Keys {
  readonly adminKey: string;
  readonly ingestKey: string;
  /** The generated value of a secret of the template: the same at every start. */
  secretOf(logicalId: string, length: number): string;
}

export function openKeys(
  file: string,
  given: { readonly adminKey?: string | undefined; readonly ingestKey?: string | undefined },
): Keys {
  const stored = read(file);
  const kept = stored ?? {
    adminKey: randomKey(ADMIN_KEY_LENGTH),
    ingestKey: newApiKeySecret('ingest'),
    secrets: {},
  };
  if (stored === undefined) writeStateFile(file, kept);
  return {
    adminKey: given.adminKey ?? kept.adminKey,
    ingestKey: given.ingestKey ?? kept.ingestKey,
    secretOf: (logicalId, length) => {
      const known = kept.secrets[logicalId];
      if (known !== undefined) return known;
      const value = randomKey(length);
      kept.secrets[logicalId] = value;
      writeStateFile(file, kept);
      return value;
    },
  };
}

function read(file: string): z.infer<typeof fileSchema> | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new StartError(`The keys in ${file} cannot be read: make the file readable for yourself.`);
  }
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    throw new StartError(
      `The keys in ${file} are damaged: restore the file from a backup, or delete it to get new keys at the next start.`,
    );
  }
}

/** Letters and digits only, so that it travels in headers and URLs as it is. */
function randomKey(length: number): string {
  const letters = randomBytes(2 * length + 16)
    .toString('base64')
    .replace(/[^A-Za-z0-9]/g, '');
  return letters.slice(0, length);
}
