import type { PolicyStatement } from '../iam/policy.ts';
import type { FilterPattern } from '../sources/filter-pattern.ts';

// What the template asks for, in terms of this machine: every reference resolved, every value parsed. Made by
// read-plan.ts; the rest of local/ knows nothing of CloudFormation.

export interface Plan {
  readonly tables: readonly TablePlan[];
  readonly queues: readonly QueuePlan[];
  readonly functions: readonly FunctionPlan[];
  readonly queueMappings: readonly QueueMappingPlan[];
  readonly streamMappings: readonly StreamMappingPlan[];
  readonly timers: readonly TimerPlan[];
  readonly urls: readonly UrlPlan[];
  readonly secrets: readonly SecretPlan[];
  /** The stack's outputs, by output name. */
  readonly outputs: Readonly<Record<string, string>>;
}

export interface TablePlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly attributes: readonly AttributePlan[];
  readonly keySchema: readonly KeyPlan[];
  readonly globalIndexes: readonly IndexPlan[];
  readonly localIndexes: readonly IndexPlan[];
  readonly streamView: StreamView | undefined;
  readonly ttlAttribute: string | undefined;
}

export type StreamView = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES';

export interface AttributePlan {
  readonly AttributeName: string;
  readonly AttributeType: 'S' | 'N' | 'B';
}

export interface KeyPlan {
  readonly AttributeName: string;
  readonly KeyType: 'HASH' | 'RANGE';
}

export interface IndexPlan {
  readonly IndexName: string;
  readonly KeySchema: KeyPlan[];
  readonly Projection: {
    readonly ProjectionType: 'ALL' | 'KEYS_ONLY' | 'INCLUDE';
    readonly NonKeyAttributes?: string[] | undefined;
  };
}

export interface QueuePlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** As SQS itself names and writes them: every value is a string. */
  readonly attributes: Readonly<Record<string, string>>;
}

export interface FunctionPlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  /** Short, for logs: the logical id without the hash that CDK appends. */
  readonly displayName: string;
  readonly codeFolder: string;
  readonly handler: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly reservedConcurrency: number | undefined;
  /** Of asynchronous invocations, which only timers make. */
  readonly asyncRetriesMax: number;
  readonly roleName: string;
  readonly statements: readonly PolicyStatement[];
}

interface MappingPlan {
  readonly logicalId: string;
  readonly functionId: string;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly partialResponses: boolean;
}

export interface QueueMappingPlan extends MappingPlan {
  readonly queueId: string;
  readonly concurrencyMax: number | undefined;
}

export interface StreamMappingPlan extends MappingPlan {
  readonly tableId: string;
  readonly filters: readonly FilterPattern[];
  readonly startAtLatest: boolean;
  readonly bisect: boolean;
  /** Infinity: until the record is handled. */
  readonly retriesMax: number;
  readonly recordAgeMaxMs: number;
  /** The queue that learns of a batch that was given up. */
  readonly onFailureQueueId: string | undefined;
}

export interface TimerPlan {
  readonly logicalId: string;
  readonly arn: string;
  readonly periodMs: number;
  readonly targets: readonly { readonly functionId: string; readonly input: unknown }[];
}

export interface UrlPlan {
  readonly logicalId: string;
  readonly functionId: string;
  /** `/exact`, `/prefix/*`, or `*` for everything that nobody else claims. */
  readonly paths: readonly string[];
  readonly cors: CorsPlan | undefined;
}

export interface CorsPlan {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly credentials: boolean;
  readonly maxAgeSeconds: number | undefined;
}

export interface SecretPlan {
  readonly logicalId: string;
  readonly name: string;
  readonly arn: string;
  readonly source: SecretSource;
}

export type SecretSource =
  | { readonly kind: 'fixed'; readonly value: string }
  | {
      readonly kind: 'generated';
      readonly length: number;
      /** JSON with everything but the generated value, which goes under `key`; undefined: the secret is the value. */
      readonly template:
        { readonly json: Readonly<Record<string, unknown>>; readonly key: string } | undefined;
    };

/** `IngestFunctionA1B2C3D4` → `IngestFunction`: CDK ends logical ids with eight hex digits of a hash. */
export function displayNameOf(logicalId: string): string {
  return logicalId.replace(/[0-9A-F]{8}$/, '');
}
