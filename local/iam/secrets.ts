import type { Keys } from '../keys.ts';
import type { SecretPlan } from '../template/plan.ts';

// The part of Secrets Manager that functions use: reading the current value of a secret of the template.

export interface SecretsAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

interface StoredSecret {
  readonly plan: SecretPlan;
  readonly value: string;
}

export class Secrets {
  private readonly secrets: readonly StoredSecret[];

  /** `adminSecretId`: the secret that holds the admin key. `given`: values that the person chose, by ARN. */
  constructor(
    plans: readonly SecretPlan[],
    keys: Keys,
    adminSecretId: string | undefined,
    given: ReadonlyMap<string, string> = new Map(),
  ) {
    this.secrets = plans.map((plan) => ({
      plan,
      value: given.get(plan.arn) ?? valueOf(plan, keys, plan.logicalId === adminSecretId),
    }));
  }

  answer(operation: string, body: Buffer): SecretsAnswer {
    if (operation !== 'GetSecretValue') {
      return failure('InvalidRequestException', `The local Secrets Manager does not know ${operation}.`);
    }
    const id = secretIdOf(body);
    const secret = this.secrets.find(({ plan }) => plan.arn === id || plan.name === id);
    if (secret === undefined) {
      return failure('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    }
    return {
      status: 200,
      body: {
        ARN: secret.plan.arn,
        Name: secret.plan.name,
        SecretString: secret.value,
        VersionId: '00000000-0000-0000-0000-000000000000',
        VersionStages: ['AWSCURRENT'],
        CreatedDate: 0,
      },
    };
  }
}

function valueOf({ logicalId, source }: SecretPlan, keys: Keys, isAdminKey: boolean): string {
  if (source.kind === 'fixed') return source.value;
  const value = isAdminKey ? keys.adminKey : keys.secretOf(logicalId, source.length);
  return source.template === undefined
    ? value
    : JSON.stringify({ ...source.template.json, [source.template.key]: value });
}

function secretIdOf(body: Buffer): unknown {
  try {
    const request: unknown = JSON.parse(body.toString('utf8'));
    return typeof request === 'object' && request !== null && 'SecretId' in request
      ? request.SecretId
      : undefined;
  } catch {
    return undefined;
  }
}

function failure(code: string, message: string): SecretsAnswer {
  return { status: 400, body: { __type: code, message } };
}
