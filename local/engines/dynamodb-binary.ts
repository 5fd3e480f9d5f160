import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { StartError } from '../start-error.ts';

const require = createRequire(import.meta.url);

/** The path of the embedded DynamoDB's binary, which npm installs as an optional package for each platform. */
export function dynamodbBinary(platform: string = process.platform, arch: string = process.arch): string {
  const packageName = `@dynoxide/${platform}-${arch}`;
  try {
    const folder = dirname(require.resolve(`${packageName}/package.json`));
    return join(folder, platform === 'win32' ? 'dynoxide.exe' : 'dynoxide');
  } catch {
    throw new StartError(
      `There is no embedded DynamoDB for this machine (${packageName} is not installed): run "npm ci" again, or start DynamoDB Local and set DYNAMODB_ENDPOINT to its URL, for example http://127.0.0.1:8000.`,
    );
  }
}
