import { createHash, createHmac } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isSameSecret } from './same-secret.ts';

// The admin key that the deployment generated, in Secrets Manager. A container remembers its digest for a minute, so that
// a rotated key works, and the old one stops working, within that time.

const REMEMBERED_MS = 60_000;
const REQUEST_TIMEOUT_MS = 4_000;
const CONNECTION_TIMEOUT_MS = 1_000;

export function secretsClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
    },
    maxAttempts: 3,
  });
}

export class AdminSecret {
  private readonly secrets: SecretsManagerClient;
  private readonly arn: string;
  private readonly now: () => number;
  private known: { readonly digest: Promise<Buffer>; readonly until: number } | undefined;

  constructor(secrets: SecretsManagerClient, arn: string, now: () => number) {
    this.secrets = secrets;
    this.arn = arn;
    this.now = now;
  }

  /** Whether this is the admin key. Throws when the secret cannot be read: that must never look like a wrong key. */
  async matches(key: string): Promise<boolean> {
    return isSameSecret(digestOf(key), await this.digest());
  }

  /**
   * What a session keeps to show that it was opened with the key of now: another key gives another proof. It says nothing
   * about the key to whoever does not have the session's token.
   */
  async proofFor(token: string): Promise<string> {
    return createHmac('sha256', token)
      .update(await this.digest())
      .digest('hex');
  }

  private async digest(): Promise<Buffer> {
    const now = this.now();
    if (this.known === undefined || this.known.until <= now) {
      const digest = this.read();
      const known = { digest, until: now + REMEMBERED_MS };
      this.known = known;
      digest.catch(() => {
        // A failure is not remembered: the next request asks again.
        if (this.known === known) this.known = undefined;
      });
    }
    return await this.known.digest;
  }

  private async read(): Promise<Buffer> {
    const { SecretString: key } = await this.secrets.send(new GetSecretValueCommand({ SecretId: this.arn }));
    if (key === undefined || key === '') throw new Error('The secret of the admin key is empty.');
    return digestOf(key);
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
