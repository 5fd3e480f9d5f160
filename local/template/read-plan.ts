import { z } from 'zod';
import { reasonOf } from '../caught.ts';
import type { PolicyStatement } from '../iam/policy.ts';
import { ACCOUNT_ID, arnOf, PARTITION } from '../local-account.ts';
import { parseFilterPattern } from '../sources/filter-pattern.ts';
import { StartError } from '../start-error.ts';
import type { Assembly, TemplateResource } from './assembly.ts';
import { resolveIntrinsics, type Scope } from './intrinsics.ts';
import {
  displayNameOf,
  type FunctionPlan,
  type Plan,
  type QueueMappingPlan,
  type QueuePlan,
  type SecretPlan,
  type StreamMappingPlan,
  type TablePlan,
  type TimerPlan,
  type UrlPlan,
} from './plan.ts';
import {
  eventInvokeConfigSchema,
  eventSourceMappingSchema,
  functionSchema,
  permissionSchema,
  type policyDocumentSchema,
  policySchema,
  queueSchema,
  roleSchema,
  ruleSchema,
  secretSchema,
  tableSchema,
  urlPathsSchema,
  urlSchema,
} from './resource-schemas.ts';
import { WITHOUT_LOCAL_MEANING } from './without-local-meaning.ts';

// Template in, plan out. References are resolved against this machine first, then each resource is parsed by the schema of
// its type. What cannot be understood stops the start with a sentence that names the resource.

/** Where the things of the plan will be reachable; known before anything is created. */
export interface Place {
  /** Ends with `/`. Every Function URL is served here. */
  readonly gatewayUrl: string;
  readonly queueUrlOf: (queueName: string) => string;
}

const LOGS_ONLY_POLICIES = new Set([
  `arn:${PARTITION}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole`,
  `arn:${PARTITION}:iam::aws:policy/AWSXRayDaemonWriteAccess`,
]);

const RETRIES_UNLIMITED = -1;

export function readPlan(assembly: Assembly, place: Place): Plan {
  return new PlanReader(assembly, place).read();
}

class PlanReader {
  private readonly assembly: Assembly;
  private readonly place: Place;
  private readonly resources: readonly (readonly [string, TemplateResource])[];

  constructor(assembly: Assembly, place: Place) {
    this.assembly = assembly;
    this.place = place;
    this.resources = Object.entries(assembly.template.Resources).filter(
      ([, { Type }]) => !WITHOUT_LOCAL_MEANING.has(Type),
    );
    for (const [logicalId, { Type, Condition }] of this.resources) {
      if (!KNOWN_TYPES.has(Type)) {
        throw new StartError(
          `The template has a resource that the local runtime cannot run: ${logicalId} of type ${Type}. Teach local/template about it, or list it in local/template/without-local-meaning.ts.`,
        );
      }
      if (Condition !== undefined) {
        throw new StartError(
          `${logicalId} depends on the condition ${Condition}; the local runtime does not evaluate conditions.`,
        );
      }
    }
  }

  read(): Plan {
    const tables = this.each(['AWS::DynamoDB::Table', 'AWS::DynamoDB::GlobalTable'], tableSchema).map(
      toTable,
    );
    const queues = this.each(['AWS::SQS::Queue'], queueSchema).map(toQueue);
    const functions = this.functions();
    const mappings = this.each(['AWS::Lambda::EventSourceMapping'], eventSourceMappingSchema).filter(
      ([, mapping]) => mapping.Enabled,
    );
    const queueMappings: QueueMappingPlan[] = [];
    const streamMappings: StreamMappingPlan[] = [];
    for (const [logicalId, mapping] of mappings) {
      const queue = queues.find((candidate) => candidate.arn === mapping.EventSourceArn);
      const table = tables.find((candidate) => streamArnOf(candidate.name) === mapping.EventSourceArn);
      const common = {
        logicalId,
        functionId: functionNamed(functions, mapping.FunctionName, logicalId).logicalId,
        windowMs: mapping.MaximumBatchingWindowInSeconds * 1000,
        partialResponses: mapping.FunctionResponseTypes.length > 0,
      };
      if (queue !== undefined) {
        if (mapping.FilterCriteria !== undefined) {
          throw new StartError(`${logicalId} filters a queue; the local runtime filters streams only.`);
        }
        queueMappings.push({
          ...common,
          queueId: queue.logicalId,
          batchSize: mapping.BatchSize ?? 10,
          concurrencyMax: mapping.ScalingConfig?.MaximumConcurrency,
        });
      } else if (table !== undefined) {
        streamMappings.push({ ...common, ...toStreamMapping(logicalId, mapping, table, queues) });
      } else {
        throw new StartError(
          `${logicalId} reads from ${mapping.EventSourceArn}, which the template does not define.`,
        );
      }
    }
    return {
      tables,
      queues,
      functions,
      queueMappings,
      streamMappings,
      timers: this.timers(functions),
      urls: this.urls(functions),
      secrets: this.each(['AWS::SecretsManager::Secret'], secretSchema).map(toSecret),
      outputs: this.outputs(),
    };
  }

  private functions(): FunctionPlan[] {
    const statements = this.statementsByRole();
    const invokeConfigs = this.each(['AWS::Lambda::EventInvokeConfig'], eventInvokeConfigSchema);
    return this.each(['AWS::Lambda::Function'], functionSchema).map(([logicalId, properties]) => {
      const name = properties.FunctionName ?? logicalId;
      const codeFolder = this.assembly.codeFolder(properties.Code.S3Key);
      if (codeFolder === undefined) {
        throw new StartError(
          `The bundle of ${logicalId} (${properties.Code.S3Key}) is missing: run the CDK synth again.`,
        );
      }
      const roleName = properties.Role.slice(properties.Role.lastIndexOf('/') + 1);
      const invokeConfig = invokeConfigs.find(([, config]) => config.FunctionName === name);
      return {
        logicalId,
        name,
        arn: arnOf('lambda', `function:${name}`),
        displayName: displayNameOf(logicalId),
        codeFolder,
        handler: properties.Handler,
        timeoutMs: properties.Timeout * 1000,
        memoryMb: properties.MemorySize,
        environment: properties.Environment?.Variables ?? {},
        reservedConcurrency: properties.ReservedConcurrentExecutions,
        asyncRetriesMax: invokeConfig?.[1].MaximumRetryAttempts ?? 2,
        roleName,
        statements: statements.get(roleName) ?? [],
      };
    });
  }

  private statementsByRole(): Map<string, PolicyStatement[]> {
    const byRole = new Map<string, PolicyStatement[]>();
    const add = (role: string, origin: string, document: z.infer<typeof policyDocumentSchema>): void => {
      byRole.set(role, [...(byRole.get(role) ?? []), ...toStatements(origin, document)]);
    };
    for (const [logicalId, role] of this.each(['AWS::IAM::Role'], roleSchema)) {
      const name = role.RoleName ?? logicalId;
      byRole.set(name, byRole.get(name) ?? []);
      for (const managed of role.ManagedPolicyArns) {
        if (LOGS_ONLY_POLICIES.has(managed)) continue;
        throw new StartError(
          `${logicalId} has the managed policy ${managed}, which the local runtime cannot evaluate: grant exactly what is needed instead.`,
        );
      }
      for (const policy of role.Policies)
        add(name, `${logicalId}/${policy.PolicyName}`, policy.PolicyDocument);
    }
    for (const [logicalId, policy] of this.each(
      ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'],
      policySchema,
    )) {
      for (const role of policy.Roles) add(role, logicalId, policy.PolicyDocument);
    }
    return byRole;
  }

  private timers(functions: readonly FunctionPlan[]): TimerPlan[] {
    return this.each(['AWS::Events::Rule'], ruleSchema)
      .filter(([, rule]) => rule.State === 'ENABLED')
      .map(([logicalId, rule]) => ({
        logicalId,
        arn: arnOf('events', `rule/${rule.Name ?? logicalId}`),
        periodMs: periodOf(rule.ScheduleExpression, logicalId),
        targets: rule.Targets.map((target) => {
          const { logicalId: functionId, name } = functionNamed(functions, target.Arn, logicalId);
          this.requirePermission(logicalId, name, 'lambda:InvokeFunction', 'events.amazonaws.com');
          return {
            functionId,
            input: target.Input === undefined ? undefined : parseInput(target.Input, logicalId),
          };
        }),
      }));
  }

  private urls(functions: readonly FunctionPlan[]): UrlPlan[] {
    const urls = this.each(['AWS::Lambda::Url'], urlSchema).map(([logicalId, url]): UrlPlan => {
      const paths = urlPathsSchema.safeParse(
        this.assembly.template.Resources[logicalId]?.Metadata?.['tallyhook:paths'],
      );
      if (!paths.success) {
        throw new StartError(
          `${logicalId} does not say which paths it serves: put Metadata {"tallyhook:paths": ["/path", "/prefix/*"]} on the Function URL.`,
        );
      }
      const { logicalId: functionId, name } = functionNamed(functions, url.TargetFunctionArn, logicalId);
      this.requirePermission(logicalId, name, 'lambda:InvokeFunctionUrl', '*');
      return {
        logicalId,
        functionId,
        paths: paths.data,
        cors:
          url.Cors === undefined
            ? undefined
            : {
                origins: url.Cors.AllowOrigins,
                methods: url.Cors.AllowMethods,
                headers: url.Cors.AllowHeaders,
                exposed: url.Cors.ExposeHeaders,
                credentials: url.Cors.AllowCredentials,
                maxAgeSeconds: url.Cors.MaxAge,
              },
      };
    });
    const seen = new Map<string, string>();
    for (const { logicalId, paths } of urls) {
      for (const path of paths) {
        const other = seen.get(path);
        if (other !== undefined)
          throw new StartError(`${logicalId} and ${other} both claim the path ${path}.`);
        seen.set(path, logicalId);
      }
    }
    return urls;
  }

  /** Without the resource-based permission AWS would answer 403 to every call, so it is missed here too. */
  private requirePermission(caller: string, functionName: string, action: string, principal: string): void {
    const permissions = this.each(['AWS::Lambda::Permission'], permissionSchema);
    const found = permissions.some(
      ([, permission]) =>
        permission.Action === action &&
        permission.Principal === principal &&
        [functionName, arnOf('lambda', `function:${functionName}`)].includes(permission.FunctionName),
    );
    if (!found) {
      throw new StartError(
        `${caller} may not call ${functionName}: the template has no AWS::Lambda::Permission for ${action}.`,
      );
    }
  }

  private outputs(): Record<string, string> {
    return Object.fromEntries(
      Object.entries(this.assembly.template.Outputs ?? {}).flatMap(([name, output]) => {
        const value = resolveIntrinsics(output.Value, this.scope, `Outputs.${name}`);
        return typeof value === 'string' ? [[name, value]] : [];
      }),
    );
  }

  private each<T>(types: readonly string[], schema: z.ZodType<T>): (readonly [string, T])[] {
    return this.resources
      .filter(([, resource]) => types.includes(resource.Type))
      .map(([logicalId, resource]) => {
        const properties = resolveIntrinsics(resource.Properties ?? {}, this.scope, logicalId);
        const parsed = schema.safeParse(properties);
        if (parsed.success) return [logicalId, parsed.data];
        const problems = parsed.error.issues.map((issue) => describeIssue(issue)).join('; ');
        throw new StartError(
          `${logicalId} (${resource.Type}) asks for something that the local runtime does not do: ${problems}. See local/template/resource-schemas.ts.`,
        );
      });
  }

  private readonly scope: Scope = {
    valueOf: (logicalId, attribute) => {
      const { Resources, Parameters } = this.assembly.template;
      const resource = Resources[logicalId];
      if (resource === undefined)
        return attribute === undefined ? Parameters?.[logicalId]?.Default : undefined;
      const values = REFERENCES.get(resource.Type);
      const name = physicalNameOf(logicalId, resource);
      // Resources without local meaning are referred to by others (a log group by its function): any value will do.
      if (values === undefined)
        return arnOf('local', attribute === undefined ? logicalId : `${logicalId}.${attribute}`);
      return values(name, this.place)[attribute ?? 'Ref'];
    },
  };
}

/** What `Ref` and `Fn::GetAtt` give for each type that has a local counterpart. */
const REFERENCES = new Map<string, (name: string, place: Place) => Readonly<Record<string, string>>>([
  ['AWS::DynamoDB::Table', tableReferences],
  ['AWS::DynamoDB::GlobalTable', tableReferences],
  [
    'AWS::SQS::Queue',
    (name, place) => {
      const url = place.queueUrlOf(name);
      return { Ref: url, QueueUrl: url, Arn: arnOf('sqs', name), QueueName: name };
    },
  ],
  ['AWS::Lambda::Function', (name) => ({ Ref: name, Arn: arnOf('lambda', `function:${name}`) })],
  [
    'AWS::Lambda::Url',
    (name, place) => ({
      Ref: name,
      FunctionUrl: place.gatewayUrl,
      FunctionArn: arnOf('lambda', `function:${name}`),
    }),
  ],
  ['AWS::Lambda::EventSourceMapping', (name) => ({ Ref: name, Id: name })],
  ['AWS::Lambda::Permission', (name) => ({ Ref: name })],
  ['AWS::Lambda::EventInvokeConfig', (name) => ({ Ref: name })],
  ['AWS::Events::Rule', (name) => ({ Ref: name, Arn: arnOf('events', `rule/${name}`) })],
  [
    'AWS::IAM::Role',
    (name) => ({ Ref: name, Arn: `arn:${PARTITION}:iam::${ACCOUNT_ID}:role/${name}`, RoleId: name }),
  ],
  ['AWS::IAM::Policy', (name) => ({ Ref: name })],
  ['AWS::IAM::ManagedPolicy', (name) => ({ Ref: `arn:${PARTITION}:iam::${ACCOUNT_ID}:policy/${name}` })],
  [
    'AWS::SecretsManager::Secret',
    (name) => ({
      Ref: arnOf('secretsmanager', `secret:${name}`),
      Id: arnOf('secretsmanager', `secret:${name}`),
    }),
  ],
]);

const KNOWN_TYPES = new Set(REFERENCES.keys());

const NAME_PROPERTIES = ['TableName', 'QueueName', 'FunctionName', 'RoleName', 'Name'];

/** The name given in the template, else the logical id, which is as stable as the construct's path. */
function physicalNameOf(logicalId: string, resource: TemplateResource): string {
  const owned =
    /^AWS::(Lambda::(Permission|Url|EventSourceMapping|EventInvokeConfig)|IAM::(Policy|ManagedPolicy))$/;
  if (owned.test(resource.Type)) return logicalId;
  for (const property of NAME_PROPERTIES) {
    const name = resource.Properties?.[property];
    if (typeof name === 'string') return name;
  }
  return logicalId;
}

function tableReferences(name: string): Readonly<Record<string, string>> {
  return { Ref: name, Arn: arnOf('dynamodb', `table/${name}`), StreamArn: streamArnOf(name), TableId: name };
}

function streamArnOf(tableName: string): string {
  return arnOf('dynamodb', `table/${tableName}/stream/local`);
}

function toTable([logicalId, properties]: readonly [string, z.infer<typeof tableSchema>]): TablePlan {
  const name = properties.TableName ?? logicalId;
  const ttl = properties.TimeToLiveSpecification;
  const toIndex = ({
    IndexName,
    KeySchema,
    Projection,
  }: z.infer<typeof tableSchema>['GlobalSecondaryIndexes'][number]) => ({
    IndexName,
    KeySchema,
    Projection,
  });
  return {
    logicalId,
    name,
    arn: arnOf('dynamodb', `table/${name}`),
    attributes: properties.AttributeDefinitions,
    keySchema: properties.KeySchema,
    globalIndexes: properties.GlobalSecondaryIndexes.map(toIndex),
    localIndexes: properties.LocalSecondaryIndexes.map(toIndex),
    streamView: properties.StreamSpecification?.StreamViewType,
    ttlAttribute: ttl?.Enabled === true ? ttl.AttributeName : undefined,
  };
}

function toQueue([logicalId, properties]: readonly [string, z.infer<typeof queueSchema>]): QueuePlan {
  const name = properties.QueueName ?? logicalId;
  return {
    logicalId,
    name,
    arn: arnOf('sqs', name),
    attributes: {
      VisibilityTimeout: String(properties.VisibilityTimeout),
      MessageRetentionPeriod: String(properties.MessageRetentionPeriod),
      DelaySeconds: String(properties.DelaySeconds),
      MaximumMessageSize: String(properties.MaximumMessageSize),
      ReceiveMessageWaitTimeSeconds: String(properties.ReceiveMessageWaitTimeSeconds),
      ...(properties.RedrivePolicy === undefined
        ? {}
        : { RedrivePolicy: JSON.stringify(properties.RedrivePolicy) }),
    },
  };
}

function toStreamMapping(
  logicalId: string,
  mapping: z.infer<typeof eventSourceMappingSchema>,
  table: TablePlan,
  queues: readonly QueuePlan[],
): Omit<StreamMappingPlan, 'logicalId' | 'functionId' | 'windowMs' | 'partialResponses'> {
  if (table.streamView === undefined) {
    throw new StartError(`${logicalId} reads the stream of ${table.logicalId}, which has none.`);
  }
  if (mapping.StartingPosition === undefined) {
    throw new StartError(`${logicalId} reads a stream and so needs a StartingPosition.`);
  }
  const destination = mapping.DestinationConfig?.OnFailure?.Destination;
  const queue = queues.find((candidate) => candidate.arn === destination);
  if (destination !== undefined && queue === undefined) {
    throw new StartError(
      `${logicalId} sends failures to ${destination}; the local runtime sends them to queues of the template only.`,
    );
  }
  return {
    tableId: table.logicalId,
    batchSize: mapping.BatchSize ?? 100,
    filters: (mapping.FilterCriteria?.Filters ?? []).map(({ Pattern }) => {
      try {
        return parseFilterPattern(Pattern);
      } catch (error) {
        throw new StartError(`${logicalId}: ${reasonOf(error)}.`);
      }
    }),
    startAtLatest: mapping.StartingPosition === 'LATEST',
    bisect: mapping.BisectBatchOnFunctionError,
    retriesMax: mapping.MaximumRetryAttempts === RETRIES_UNLIMITED ? Infinity : mapping.MaximumRetryAttempts,
    recordAgeMaxMs:
      mapping.MaximumRecordAgeInSeconds === RETRIES_UNLIMITED
        ? Infinity
        : mapping.MaximumRecordAgeInSeconds * 1000,
    onFailureQueueId: queue?.logicalId,
  };
}

function toSecret([logicalId, properties]: readonly [string, z.infer<typeof secretSchema>]): SecretPlan {
  const name = properties.Name ?? logicalId;
  const common = { logicalId, name, arn: arnOf('secretsmanager', `secret:${name}`) };
  if (properties.SecretString !== undefined) {
    return { ...common, source: { kind: 'fixed', value: properties.SecretString } };
  }
  const generate = properties.GenerateSecretString;
  const template = generate?.SecretStringTemplate;
  if (template === undefined) {
    return {
      ...common,
      source: { kind: 'generated', length: generate?.PasswordLength ?? 32, template: undefined },
    };
  }
  const json = z.record(z.string(), z.unknown()).safeParse(parseInput(template, logicalId));
  const key = generate?.GenerateStringKey;
  if (!json.success || key === undefined) {
    throw new StartError(
      `${logicalId} generates a secret from a template that is not a JSON object with a GenerateStringKey.`,
    );
  }
  const length = generate?.PasswordLength ?? 32;
  return { ...common, source: { kind: 'generated', length, template: { json: json.data, key } } };
}

function toStatements(origin: string, document: z.infer<typeof policyDocumentSchema>): PolicyStatement[] {
  return document.Statement.map((statement, position) => {
    const where = `${origin}/${statement.Sid ?? position}`;
    if (statement.Condition !== undefined) {
      throw new StartError(
        `The policy statement ${where} has a condition, which the local runtime cannot evaluate.`,
      );
    }
    return {
      origin: where,
      effect: statement.Effect,
      actions: {
        patterns: statement.Action ?? statement.NotAction ?? [],
        except: statement.Action === undefined,
      },
      resources: {
        patterns: statement.Resource ?? statement.NotResource ?? [],
        except: statement.Resource === undefined,
      },
    };
  });
}

function functionNamed(functions: readonly FunctionPlan[], nameOrArn: string, caller: string): FunctionPlan {
  const found = functions.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  if (found === undefined)
    throw new StartError(`${caller} calls ${nameOrArn}, which is no function of the template.`);
  return found;
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function periodOf(expression: string, logicalId: string): number {
  const [, amount, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (amount === undefined || unitMs === undefined) {
    throw new StartError(
      `${logicalId} has the schedule ${expression}; the local runtime knows rate(...) only.`,
    );
  }
  return Number(amount) * unitMs;
}

function parseInput(json: string, logicalId: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return value;
  } catch {
    throw new StartError(`${logicalId} has an input that is not JSON: ${json}.`);
  }
}

function describeIssue(issue: z.core.$ZodIssue): string {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return `the property ${issue.keys.map((key) => (path === '' ? key : `${path}.${key}`)).join(', ')}`;
  }
  return `${path}: ${issue.message}`;
}
