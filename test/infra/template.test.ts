import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { DIFFERENCE_FOUND } from '../../infra/difference-found.ts';
import { grants, functionNames, type FunctionName, type ResourceName } from '../../infra/grants.ts';
import { routes } from '../../infra/routes.ts';
import { synthesize } from '../../infra/synthesize.ts';
import {
  functionNameOf,
  readTemplate,
  SYNTH_TIMEOUT_MS,
  type ReadTemplate,
  type Resource,
} from './read-template.ts';

// What the stack promises with no options given. One synth serves all tests of the file; it runs in a folder outside the
// project, as the local runtime's does.

let folder: string;
let template: ReadTemplate;
let printed: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tallyhook-template-'));
  const restore = capturePrinting();
  try {
    template = readTemplate(synthesize(folder).templateFile);
  } finally {
    printed = restore();
  }
}, SYNTH_TIMEOUT_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('synth', () => {
  test('prints nothing', () => {
    expect(printed).toBe('');
  });

  test('bundles every function as its own file, and nothing else', () => {
    const codes = template.ofType('AWS::Lambda::Function').map((lambda) => codeFolder(lambda));
    expect(new Set(codes).size).toBe(functionNames.length);
    const files = codes.map((code) => readdirSync(code).sort().join(' ')).sort();
    // The admin function also serves the dashboard.
    expect(files).toEqual([
      'dashboard index.js package.json',
      ...Array.from({ length: functionNames.length - 1 }, () => 'index.js package.json'),
    ]);
  });

  test('builds a dashboard whose first page loads at most 200 KB of compressed JavaScript, all of it from here', () => {
    const admin = template.ofType('AWS::Lambda::Function').map(codeFolder).find(hasDashboard);
    const dashboard = join(admin ?? '', 'dashboard');
    const page = readFileSync(join(dashboard, 'index.html'), 'utf8');
    // The program, and with it everything that it imports before it shows anything.
    const scripts = [...page.matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, name = '']) => name);
    expect(scripts.length).toBeGreaterThan(0);
    const bytes = scripts.map((name) => statSync(join(dashboard, `${name}.gz`)).size);
    expect(bytes.reduce((total, size) => total + size, 0)).toBeLessThanOrEqual(200 * 1024);
    expect(page).not.toMatch(/https?:|\sstyle=|<style|\son\w+=|<script(?![^>]+src=)/);
  });

  test('bundles the AWS SDK, so that the version tested is the one that runs', () => {
    const external = template.ofType('AWS::Lambda::Function').flatMap((lambda) => {
      const bundle = readFileSync(join(codeFolder(lambda), 'index.js'), 'utf8');
      return [...bundle.matchAll(/\brequire\("([^"]+)"\)/g)].flatMap(([, name]) => name ?? []);
    });
    // The SDK asks for its C implementation of a signature that no call here needs, and is content without.
    const missing = external.filter((name) => !isBuiltin(name) && name !== '@aws-sdk/signature-v4-crt');
    expect(missing).toEqual([]);
  });

  test('bundles no way to sign in that Lambda has no use for, and no language but English', () => {
    for (const lambda of template.ofType('AWS::Lambda::Function')) {
      const bundle = readFileSync(join(codeFolder(lambda), 'index.js'), 'utf8');
      // Lambda puts credentials into the environment; the SDK would import these only when there are none.
      expect(bundle).toContain('import("@aws-sdk/credential-provider-sso")');
      expect(bundle).not.toMatch(/AssumeRoleWithWebIdentity|GetRoleCredentials/);
      expect(bundle).not.toMatch(/Ungültige|invalide :/);
    }
  });

  test('makes no resource of a type that nobody has reviewed', () => {
    expect([...new Set(template.resources.map(({ Type }) => Type))].sort()).toEqual([
      'AWS::CloudWatch::Alarm',
      'AWS::DynamoDB::Table',
      'AWS::Events::Rule',
      'AWS::IAM::Role',
      'AWS::Lambda::EventInvokeConfig',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Lambda::Function',
      'AWS::Lambda::Permission',
      'AWS::Lambda::Url',
      'AWS::Logs::LogGroup',
      'AWS::Logs::MetricFilter',
      'AWS::SQS::Queue',
      'AWS::SQS::QueuePolicy',
      'AWS::SecretsManager::Secret',
    ]);
  });

  test('gives no resource a physical name, so that stages and replacements never collide', () => {
    const physicalNames = [
      'TableName',
      'QueueName',
      'FunctionName',
      'RoleName',
      'LogGroupName',
      'Name',
      'AlarmName',
    ];
    for (const { id, Type, Properties } of template.resources) {
      const named = physicalNames.filter((name) => typeof Properties[name] === 'string');
      expect({ id, Type, named }).toEqual({ id, Type, named: [] });
    }
  });
});

describe('tables', () => {
  test('have the logical ids that deployed data hangs on', () => {
    expect(template.ofType('AWS::DynamoDB::Table').map(({ id }) => id)).toEqual([
      'EventsTable',
      'UsageTable',
      'UsersTable',
      'ConfigTable',
      'OperationsTable',
    ]);
  });

  test('are kept, protected, restorable and billed by use', () => {
    for (const table of template.ofType('AWS::DynamoDB::Table')) {
      expect(table).toMatchObject({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: {
          BillingMode: 'PAY_PER_REQUEST',
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          KeySchema: [
            { AttributeName: 'pk', KeyType: 'HASH' },
            { AttributeName: 'sk', KeyType: 'RANGE' },
          ],
        },
      });
    }
  });

  test('are encrypted with the key that AWS owns, as all tables are that ask for no other', () => {
    for (const { Properties } of template.ofType('AWS::DynamoDB::Table')) {
      expect(Properties.SSESpecification).toBeUndefined();
    }
  });

  test('have two indexes, one stream and two expiries, each where the architecture says', () => {
    const extras = template.ofType('AWS::DynamoDB::Table').map(({ id, Properties }) => ({
      id,
      indexes: Properties.GlobalSecondaryIndexes ?? [],
      stream: Properties.StreamSpecification,
      ttl: Properties.TimeToLiveSpecification,
    }));
    const plain = { indexes: [], stream: undefined, ttl: undefined };
    const ttl = { AttributeName: 'ttl', Enabled: true };
    expect(extras).toEqual([
      {
        ...plain,
        id: 'EventsTable',
        indexes: [
          {
            IndexName: 'byUser',
            KeySchema: [
              { AttributeName: 'u', KeyType: 'HASH' },
              { AttributeName: 't', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
      {
        ...plain,
        id: 'UsageTable',
        indexes: [
          {
            IndexName: 'byFeatureDay',
            KeySchema: [
              { AttributeName: 'fd', KeyType: 'HASH' },
              { AttributeName: 'pk', KeyType: 'RANGE' },
            ],
            Projection: { ProjectionType: 'KEYS_ONLY' },
          },
        ],
      },
      { ...plain, id: 'UsersTable' },
      { ...plain, id: 'ConfigTable', stream: { StreamViewType: 'NEW_IMAGE' }, ttl },
      { ...plain, id: 'OperationsTable', ttl },
    ]);
  });
});

describe('queues', () => {
  const queueSchema = z.object({
    VisibilityTimeout: z.number().default(30),
    MessageRetentionPeriod: z.number(),
    SqsManagedSseEnabled: z.literal(true),
    RedrivePolicy: z.object({ deadLetterTargetArn: z.unknown(), maxReceiveCount: z.number() }).optional(),
  });

  test('are encrypted and refuse plain HTTP', () => {
    const queues = template.ofType('AWS::SQS::Queue');
    for (const queue of queues) queueSchema.parse(queue.Properties);
    const refusing = template.ofType('AWS::SQS::QueuePolicy').map(({ Properties }) => {
      expect(Properties.PolicyDocument).toMatchObject({
        Statement: [
          { Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
        ],
      });
      return z.object({ Queues: z.tuple([z.unknown()]) }).parse(Properties).Queues[0];
    });
    expect(new Set(refusing.map((queue) => template.pointedAtBy(queue).id))).toEqual(
      new Set(queues.map(({ id }) => id)),
    );
  });

  test('hide a message for six times the timeout of the function that consumes them, and longer', () => {
    const consumed = queueMappings().map(({ queue, lambda, window }) => {
      const { VisibilityTimeout } = queueSchema.parse(queue.Properties);
      const { Timeout } = z.object({ Timeout: z.number() }).parse(lambda.Properties);
      return { queue: queue.id, isEnough: VisibilityTimeout >= 6 * Timeout + window };
    });
    expect(consumed).toHaveLength(4);
    for (const { queue, isEnough } of consumed)
      expect({ queue, isEnough }).toEqual({ queue, isEnough: true });
  });

  test('give a message five deliveries, then keep it for a person at least as long', () => {
    const redriving = template.ofType('AWS::SQS::Queue').flatMap((queue) => {
      const { MessageRetentionPeriod, RedrivePolicy } = queueSchema.parse(queue.Properties);
      if (RedrivePolicy === undefined) return [];
      const deadLetters = queueSchema.parse(
        template.pointedAtBy(RedrivePolicy.deadLetterTargetArn).Properties,
      );
      return [
        { retention: MessageRetentionPeriod, kept: deadLetters.MessageRetentionPeriod, ...RedrivePolicy },
      ];
    });
    expect(redriving).toHaveLength(3);
    for (const { retention, kept, maxReceiveCount } of redriving) {
      expect(maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(retention).toBe(4 * 24 * 3600);
      expect(kept).toBe(14 * 24 * 3600);
    }
  });

  function queueMappings(): { queue: Resource; lambda: Resource; window: number }[] {
    return template.ofType('AWS::Lambda::EventSourceMapping').flatMap(({ Properties }) => {
      const queue = template.pointedAtBy(Properties.EventSourceArn);
      if (queue.Type !== 'AWS::SQS::Queue') return [];
      const window = z.number().default(0).parse(Properties.MaximumBatchingWindowInSeconds);
      return [{ queue, lambda: template.pointedAtBy(Properties.FunctionName), window }];
    });
  }
});

describe('triggers', () => {
  test('are these, with these bounds', () => {
    const mappings = template.ofType('AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
      const { EventSourceArn, FunctionName, ...bounds } = Properties;
      return {
        source: template.pointedAtBy(EventSourceArn).id.replace(/[0-9A-F]{8}$/, ''),
        lambda: functionNameOf(template.pointedAtBy(FunctionName)),
        ...bounds,
      };
    });
    expect(mappings).toEqual([
      {
        source: 'SharedEventsQueue',
        lambda: 'process',
        BatchSize: 50,
        MaximumBatchingWindowInSeconds: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 20 },
      },
      {
        source: 'SharedEventsDeadLetters',
        lambda: 'process',
        BatchSize: 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
      {
        source: 'SharedReprocessQueue',
        lambda: 'reprocess',
        BatchSize: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 5 },
      },
      {
        source: 'ConfigTable',
        lambda: 'reprocess',
        BatchSize: 10,
        StartingPosition: 'TRIM_HORIZON',
        FilterCriteria: { Filters: [{ Pattern: expect.any(String) }] },
        BisectBatchOnFunctionError: true,
        MaximumRetryAttempts: 3,
        MaximumRecordAgeInSeconds: 3600,
        DestinationConfig: { OnFailure: { Destination: expect.anything() } },
      },
      {
        source: 'SharedImportsQueue',
        lambda: 'imports',
        BatchSize: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    ]);
  });

  test('let through only the records of the ruleset head', () => {
    const filters = template.ofType('AWS::Lambda::EventSourceMapping').flatMap(({ Properties }) => {
      const criteria = z
        .object({ Filters: z.array(z.object({ Pattern: z.string() })) })
        .optional()
        .parse(Properties.FilterCriteria);
      return (criteria?.Filters ?? []).map(({ Pattern }): unknown => JSON.parse(Pattern));
    });
    expect(filters).toEqual([{ dynamodb: { Keys: { pk: { S: ['ruleset'] }, sk: { S: ['head'] } } } }]);
  });

  test('note a lost stream record where nothing takes it for work', () => {
    const stream = template
      .ofType('AWS::Lambda::EventSourceMapping')
      .find(({ Properties }) => template.pointedAtBy(Properties.EventSourceArn).id === 'ConfigTable');
    const { DestinationConfig } = z
      .object({ DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.unknown() }) }) })
      .parse(stream?.Properties);
    const notes = template.pointedAtBy(DestinationConfig.OnFailure.Destination).id;
    const consumed = template
      .ofType('AWS::Lambda::EventSourceMapping')
      .map(({ Properties }) => template.pointedAtBy(Properties.EventSourceArn).id);
    expect(consumed).not.toContain(notes);
  });

  test('tick every five minutes, and a tick that fails waits for the next one', () => {
    const [rule, ...otherRules] = template.ofType('AWS::Events::Rule');
    expect(otherRules).toEqual([]);
    expect(rule?.Properties).toMatchObject({ ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' });
    const { Targets } = z
      .object({ Targets: z.tuple([z.object({ Arn: z.unknown(), Input: z.string() })]) })
      .parse(rule?.Properties);
    expect(functionNameOf(template.pointedAtBy(Targets[0].Arn))).toBe('reprocess');
    expect(JSON.parse(Targets[0].Input)).toEqual({ trigger: 'timer' });
    expect(
      template.ofType('AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties),
    ).toMatchObject([{ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 300 }]);
  });
});

describe('functions', () => {
  test.each([
    ['ingest', { Timeout: 10, MemorySize: 512, ReservedConcurrentExecutions: 100 }],
    ['process', { Timeout: 60, MemorySize: 1024, ReservedConcurrentExecutions: undefined }],
    ['reprocess', { Timeout: 300, MemorySize: 1024, ReservedConcurrentExecutions: undefined }],
    ['imports', { Timeout: 300, MemorySize: 1024, ReservedConcurrentExecutions: undefined }],
    ['admin', { Timeout: 30, MemorySize: 1024, ReservedConcurrentExecutions: undefined }],
  ])(
    '%s has its timeout, memory and runtime',
    (name, { Timeout, MemorySize, ReservedConcurrentExecutions }) => {
      const { Properties } = lambdaOf(name);
      expect(Properties).toMatchObject({
        Timeout,
        MemorySize,
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
      });
      expect(Properties.ReservedConcurrentExecutions).toBe(ReservedConcurrentExecutions);
    },
  );

  test.each(functionNames)('%s reads exactly the environment that docs/architecture.md lists', (name) => {
    const { Environment } = z
      .object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) })
      .parse(lambdaOf(name).Properties);
    expect(Object.keys(Environment.Variables).sort()).toEqual([...documentedEnvironment(name)].sort());
  });

  test('log to a group of their own that forgets after a month, without a line for what went well', () => {
    const groups = template.ofType('AWS::Lambda::Function').map(({ Properties }) => {
      expect(Properties.LoggingConfig).toMatchObject({ LogFormat: 'JSON', SystemLogLevel: 'WARN' });
      const { LogGroup } = z.object({ LogGroup: z.unknown() }).parse(Properties.LoggingConfig);
      return template.pointedAtBy(LogGroup);
    });
    expect(new Set(groups.map(({ id }) => id)).size).toBe(functionNames.length);
    for (const group of groups) expect(group.Properties).toEqual({ RetentionInDays: 30 });
  });

  test('that wake themselves are not cut off by the recursion guard of Lambda', () => {
    const selfWaking = functionNames.filter((name) =>
      Object.values(grants[name]).some(
        (actions) => actions.includes('sqs:SendMessage') && actions.includes('sqs:ReceiveMessage'),
      ),
    );
    expect(selfWaking).toEqual(['reprocess', 'imports']);
    for (const name of functionNames) {
      const expected = selfWaking.includes(name) ? 'Allow' : undefined;
      expect({ name, RecursiveLoop: lambdaOf(name).Properties.RecursiveLoop }).toEqual({
        name,
        RecursiveLoop: expected,
      });
    }
  });

  test('have public URLs that carry their paths, and every path belongs to one of them', () => {
    const urls = template.ofType('AWS::Lambda::Url').map(({ Properties, Metadata }) => ({
      name: functionNameOf(template.pointedAtBy(Properties.TargetFunctionArn)),
      auth: Properties.AuthType,
      cors: Properties.Cors,
      paths: Metadata['tallyhook:paths'],
    }));
    expect(urls).toEqual([
      { name: 'ingest', auth: 'NONE', cors: undefined, paths: routes.ingest },
      { name: 'imports', auth: 'NONE', cors: undefined, paths: routes.imports },
      { name: 'admin', auth: 'NONE', cors: undefined, paths: routes.admin },
    ]);
    const all = Object.values(routes).flat();
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((path) => path === '*')).toHaveLength(1);
  });
});

describe('roles', () => {
  const statementSchema = z.strictObject({
    Effect: z.literal('Allow'),
    Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
    Resource: z.unknown(),
  });
  const roleSchema = z.strictObject({
    AssumeRolePolicyDocument: z.unknown(),
    Policies: z.tuple([
      z.object({ PolicyName: z.string(), PolicyDocument: z.object({ Statement: z.array(statementSchema) }) }),
    ]),
  });

  test.each(functionNames)('%s may do what grants.ts says, write its own log, and nothing else', (name) => {
    expect(grantedBy(name)).toEqual(new Set([...expectedOf(name), ...ownLog(name)]));
  });

  test('let Lambda poll, in the name of each function, what its triggers read, and nothing else', () => {
    const polled = functionNames.flatMap((name) =>
      Object.entries(grants[name])
        .filter(([, actions]) =>
          actions.some((action) => /^(sqs:ReceiveMessage|dynamodb:GetRecords)$/.test(action)),
        )
        .map(([resource]) => `${name} ${resource}`),
    );
    expect(polled.sort()).toEqual(
      template
        .ofType('AWS::Lambda::EventSourceMapping')
        .map(({ Properties }) => {
          const source = template.pointedAtBy(Properties.EventSourceArn);
          const lambda = functionNameOf(template.pointedAtBy(Properties.FunctionName));
          const name = source.id
            .replace(/^Shared|[0-9A-F]{8}$/g, '')
            .replace('DeadLetters', 'DeadLetterQueue')
            .replace('ConfigTable', 'ConfigTable.stream');
          return `${lambda} ${name}`;
        })
        .sort(),
    );
  });

  test('are one per function, assumed by Lambda only', () => {
    const roles = functionNames.map((name) => template.pointedAtBy(lambdaOf(name).Properties.Role).id);
    expect(new Set(roles).size).toBe(functionNames.length);
    expect(template.ofType('AWS::IAM::Role')).toHaveLength(functionNames.length);
    for (const { Properties } of template.ofType('AWS::IAM::Role')) {
      expect(Properties.AssumeRolePolicyDocument).toMatchObject({
        Statement: [
          { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      });
    }
  });

  test('contain no wildcard', () => {
    for (const { id, Properties } of template.ofType('AWS::IAM::Role')) {
      expect({ id, text: JSON.stringify(Properties) }).toEqual({
        id,
        text: expect.not.stringContaining('*'),
      });
    }
  });

  /** `action resource` for every pair, the resource as the template writes it. */
  function grantedBy(name: FunctionName): Set<string> {
    const role = roleSchema.parse(template.pointedAtBy(lambdaOf(name).Properties.Role).Properties);
    return new Set(
      role.Policies[0].PolicyDocument.Statement.flatMap(({ Action, Resource }) =>
        (Array.isArray(Resource) ? Resource : [Resource]).flatMap((resource) =>
          Action.map((action) => `${action} ${JSON.stringify(resource)}`),
        ),
      ),
    );
  }

  function expectedOf(name: FunctionName): string[] {
    const resources: Record<ResourceName, unknown> = {
      EventsTable: attribute('EventsTable', 'Arn'),
      'EventsTable.byUser': { 'Fn::Join': ['', [attribute('EventsTable', 'Arn'), '/index/byUser']] },
      UsageTable: attribute('UsageTable', 'Arn'),
      'UsageTable.byFeatureDay': {
        'Fn::Join': ['', [attribute('UsageTable', 'Arn'), '/index/byFeatureDay']],
      },
      UsersTable: attribute('UsersTable', 'Arn'),
      ConfigTable: attribute('ConfigTable', 'Arn'),
      'ConfigTable.stream': attribute('ConfigTable', 'StreamArn'),
      OperationsTable: attribute('OperationsTable', 'Arn'),
      EventsQueue: attribute(queueIdOf('SharedEventsQueue'), 'Arn'),
      EventsDeadLetterQueue: attribute(queueIdOf('SharedEventsDeadLetters'), 'Arn'),
      ReprocessQueue: attribute(queueIdOf('SharedReprocessQueue'), 'Arn'),
      LostTriggersQueue: attribute(queueIdOf('SharedLostTriggers'), 'Arn'),
      ImportsQueue: attribute(queueIdOf('SharedImportsQueue'), 'Arn'),
      AdminKey: { Ref: 'AdminKey' },
      BillingSecret: { Ref: 'BillingSecret' },
    };
    return Object.entries(resources).flatMap(([resource, arn]) => {
      const actions = Object.entries(grants[name]).find(([granted]) => granted === resource)?.[1] ?? [];
      return actions.map((action) => `${action} ${JSON.stringify(arn)}`);
    });
  }

  function ownLog(name: FunctionName): string[] {
    const { LoggingConfig } = z
      .object({ LoggingConfig: z.object({ LogGroup: z.unknown() }) })
      .parse(lambdaOf(name).Properties);
    const arn = JSON.stringify(attribute(template.pointedAtBy(LoggingConfig.LogGroup).id, 'Arn'));
    return [`logs:CreateLogStream ${arn}`, `logs:PutLogEvents ${arn}`];
  }

  function attribute(id: string, name: string): unknown {
    return { 'Fn::GetAtt': [id, name] };
  }

  function queueIdOf(prefix: string): string {
    const queue = template
      .ofType('AWS::SQS::Queue')
      .find(({ id }) => id.replace(/[0-9A-F]{8}$/, '') === prefix);
    if (queue === undefined) throw new Error(`The template has no queue ${prefix}.`);
    return queue.id;
  }
});

describe('secrets', () => {
  test('are the admin key, generated and safe in URLs and headers, and that of billing, empty; both are kept', () => {
    const secrets = template.ofType('AWS::SecretsManager::Secret');
    expect(secrets).toMatchObject([
      {
        id: 'AdminKey',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { GenerateSecretString: { PasswordLength: 48, ExcludePunctuation: true } },
      },
      {
        id: 'BillingSecret',
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
        Properties: { SecretString: '{}' },
      },
    ]);
  });
});

describe('outputs', () => {
  test('are the URLs of the functions and the secret', () => {
    const [ingest, imports, admin] = template.ofType('AWS::Lambda::Url');
    const ingestUrl = { 'Fn::GetAtt': [ingest?.id, 'FunctionUrl'] };
    expect(template.outputs).toEqual({
      WebhookUrl: { 'Fn::Join': ['', [ingestUrl, 'segment']] },
      TrackingApiUrl: { 'Fn::Join': ['', [ingestUrl, 'v1']] },
      BillingWebhookUrl: {
        'Fn::Join': ['', [{ 'Fn::GetAtt': [imports?.id, 'FunctionUrl'] }, 'api/webhooks/']],
      },
      DashboardUrl: { 'Fn::GetAtt': [admin?.id, 'FunctionUrl'] },
      AdminKeySecretArn: { Ref: 'AdminKey' },
      BillingSecretArn: { Ref: 'BillingSecret' },
    });
  });
});

describe('alarms', () => {
  const runbook = readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8');
  const sections = new Map(
    runbook
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')).trim(), section]),
  );

  test('each say their impact and name a section of the runbook, and each section belongs to one', () => {
    const named = template.ofType('AWS::CloudWatch::Alarm').map(({ id, Properties }) => {
      const description = z.string().parse(Properties.AlarmDescription);
      const [, impact, anchor] =
        /^(.{20,}\.) What to do: docs\/runbook\.md#([a-z0-9-]+)$/.exec(description) ?? [];
      expect({ id, description, impact }).toEqual({ id, description, impact: expect.any(String) });
      return anchor;
    });
    expect(new Set(named)).toEqual(new Set([...sections.keys()].map(anchorOf)));
  });

  test('have runbook sections that say what happened, how to look, what to do, and when not to', () => {
    for (const [title, section] of sections) {
      const parts = [...section.matchAll(/^\*\*([A-Z][a-z ]+)\.\*\*/gm)].map(([, part]) => part);
      expect({ title, parts }).toEqual({
        title,
        parts: ['What it means', 'Investigate', 'Resolve', 'When not to'],
      });
    }
  });

  test('are one for everything that a person must know', () => {
    const ids = template.ofType('AWS::CloudWatch::Alarm').map(({ id }) => alarmName(id));
    const ofEveryFunction = functionNames.flatMap((name) => {
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
      return [`${title}Errors`, `${title}Throttles`];
    });
    expect(ids.sort()).toEqual(
      [
        'EventsQueueAge',
        'EventsDeadLetters',
        'ReprocessDeadLetters',
        'ImportsDeadLetters',
        'LostTriggers',
        'StreamAge',
        'ReconcileDifference',
        'IngestUrl4xx',
        'IngestUrl5xx',
        'ImportsUrl5xx',
        'AdminUrl5xx',
        ...ofEveryFunction,
      ].sort(),
    );
  });

  test('of URLs watch a share of the requests, in which one bad request at night is nothing', () => {
    const shares = template
      .ofType('AWS::CloudWatch::Alarm')
      .filter(({ id }) => /Url[45]xx/.test(id))
      .map(({ id, Properties }) => {
        const { Metrics, Threshold } = shareSchema.parse(Properties);
        const [share, ...watched] = Metrics;
        const [, floor] = /^100 \* bad \/ IF\(requests > (\d+), requests, \1\)$/.exec(share.Expression) ?? [];
        const named = watched.map(({ Id, MetricStat: { Metric, Period, Stat } }) => {
          const lambda = functionNameOf(template.pointedAtBy(Metric.Dimensions[0].Value));
          return `${Id}: ${Stat} of ${lambda} ${Metric.MetricName} in ${String(Period)} s`;
        });
        const alone = 100 / Number(floor);
        return { alarm: alarmName(id), percent: Threshold, isQuietAboutOne: alone <= Threshold, named };
      });
    const watching = (name: string, metric: string) => [
      `bad: Sum of ${name} ${metric} in 900 s`,
      `requests: Sum of ${name} UrlRequestCount in 900 s`,
    ];
    const quiet = { isQuietAboutOne: true };
    expect(shares).toEqual([
      { ...quiet, alarm: 'IngestUrl5xx', percent: 1, named: watching('ingest', 'Url5xxCount') },
      { ...quiet, alarm: 'ImportsUrl5xx', percent: 1, named: watching('imports', 'Url5xxCount') },
      { ...quiet, alarm: 'AdminUrl5xx', percent: 1, named: watching('admin', 'Url5xxCount') },
      { ...quiet, alarm: 'IngestUrl4xx', percent: 25, named: watching('ingest', 'Url4xxCount') },
    ]);
  });

  test('about reconciliations watch what reprocess logs, as a metric of this stack that is nothing without a line', () => {
    const [filter, ...others] = template.ofType('AWS::Logs::MetricFilter');
    expect(others).toEqual([]);
    const { LogGroupName, FilterPattern, MetricTransformations } = z
      .object({
        LogGroupName: z.unknown(),
        FilterPattern: z.string(),
        MetricTransformations: z.tuple([z.unknown()]),
      })
      .parse(filter?.Properties);
    // In quotes a phrase is looked for anywhere in a line.
    expect(FilterPattern).toBe(JSON.stringify(DIFFERENCE_FOUND));
    const logging = z.object({ LogGroup: z.unknown() }).parse(lambdaOf('reprocess').Properties.LoggingConfig);
    expect(LogGroupName).toEqual(logging.LogGroup);
    const metric = { MetricNamespace: 'Tallyhook', MetricName: 'ReconcileDifferences' };
    expect(MetricTransformations).toEqual([{ ...metric, MetricValue: '1' }]);
    const alarm = template
      .ofType('AWS::CloudWatch::Alarm')
      .find(({ id }) => alarmName(id) === 'ReconcileDifference');
    expect(alarm?.Properties).toMatchObject({
      Namespace: metric.MetricNamespace,
      MetricName: metric.MetricName,
      Statistic: 'Sum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });

  test('cost what docs/cost.md says: AWS counts the metrics that they compare', () => {
    const alarms = template.ofType('AWS::CloudWatch::Alarm');
    const metrics = alarms.flatMap(({ Properties }) => {
      const compared = z
        .array(z.object({ MetricStat: z.unknown().optional() }))
        .optional()
        .parse(Properties.Metrics);
      return compared?.filter(({ MetricStat }) => MetricStat !== undefined) ?? [Properties.MetricName];
    });
    const costs = readFileSync(join(import.meta.dirname, '../../docs/cost.md'), 'utf8');
    expect(costs).toContain(`| ${String(alarms.length)} alarms, on ${String(metrics.length)} metrics `);
  });

  const shareSchema = z.object({
    Threshold: z.number(),
    Metrics: z.tuple(
      [z.object({ Expression: z.string() })],
      z.object({
        Id: z.string(),
        MetricStat: z.object({
          Metric: z.object({
            MetricName: z.string(),
            Dimensions: z.tuple([z.object({ Name: z.literal('FunctionName'), Value: z.unknown() })]),
          }),
          Period: z.number(),
          Stat: z.string(),
        }),
      }),
    ),
  });

  const alarmName = (id: string): string => id.replace(/^Monitoring/, '').replace(/[0-9A-F]{8}$/, '');

  test('stay quiet without data and tell nobody unless an address is given', () => {
    for (const { Properties } of template.ofType('AWS::CloudWatch::Alarm')) {
      expect(Properties.TreatMissingData).toBe('notBreaching');
      expect(Properties.AlarmActions).toBeUndefined();
    }
  });

  /** As GitHub makes anchors from headings. */
  function anchorOf(title: string): string {
    return title.toLowerCase().replaceAll(' ', '-');
  }
});

function lambdaOf(name: string): Resource {
  const lambda = template
    .ofType('AWS::Lambda::Function')
    .find((candidate) => functionNameOf(candidate) === name);
  if (lambda === undefined) throw new Error(`The template has no function ${name}.`);
  return lambda;
}

const hasDashboard = (code: string): boolean => readdirSync(code).includes('dashboard');

function codeFolder(lambda: Resource): string {
  const { Code } = z.object({ Code: z.object({ S3Key: z.string() }) }).parse(lambda.Properties);
  return join(folder, `asset.${Code.S3Key.replace(/\.zip$/, '')}`);
}

/** The variables in the function's row of the table in docs/architecture.md, with its "all tables" written out. */
function documentedEnvironment(name: FunctionName): Set<string> {
  const document = readFileSync(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');
  const rows = document.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
  const cell = rows.find(([, first]) => first === `\`${name}\``)?.[4];
  if (cell === undefined) throw new Error(`docs/architecture.md has no row for the function ${name}.`);
  const variables = new Set([...cell.matchAll(/`([A-Z_]+)`/g)].flatMap(([, variable]) => variable ?? []));
  if (cell.includes('all tables')) {
    for (const table of ['EVENTS', 'USAGE', 'USERS', 'CONFIG', 'OPERATIONS']) variables.add(`${table}_TABLE`);
  }
  return variables;
}

/** Collects what this process prints until the returned function is called. */
function capturePrinting(): () => string {
  let text = '';
  const streams = [process.stdout, process.stderr].map((stream) => ({
    stream,
    write: stream.write.bind(stream),
  }));
  for (const { stream } of streams) {
    stream.write = (chunk: string | Uint8Array): boolean => {
      text += String(chunk);
      return true;
    };
  }
  return () => {
    for (const { stream, write } of streams) stream.write = write;
    return text;
  };
}
