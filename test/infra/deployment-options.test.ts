import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import {
  DeploymentOptionsError,
  readDeploymentOptions,
  type DeploymentOptions,
} from '../../infra/deployment-options.ts';
import { routes } from '../../infra/routes.ts';
import { synthesize, type SynthesizedStack } from '../../infra/synthesize.ts';
import { functionNameOf, readTemplate, SYNTH_TIMEOUT_MS, type ReadTemplate } from './read-template.ts';

// What `-c name=value` changes.

const certificateArn = 'arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555';

describe('options', () => {
  test('are all optional', () => {
    expect(read({})).toEqual({ ingestConcurrency: 100, processConcurrency: 20 });
  });

  test('are understood as text, as the command line sends them', () => {
    expect(
      read({
        stage: 'staging-2',
        domain: 'events.example.com',
        certificateArn,
        ingestConcurrency: '250',
        processConcurrency: '50',
        alarmEmail: 'ops@example.com',
      }),
    ).toEqual({
      stage: 'staging-2',
      domain: { name: 'events.example.com', certificateArn },
      ingestConcurrency: 250,
      processConcurrency: 50,
      alarmEmail: 'ops@example.com',
    });
  });

  test('reserve nothing for ingest when told 0, for accounts that cannot reserve', () => {
    expect(read({ ingestConcurrency: '0' }).ingestConcurrency).toBeUndefined();
  });

  test.each([
    [{ stage: 'pro duction' }, /^stage must be/],
    [{ stage: '-x' }, /^stage must be/],
    [{ stage: 7 }, /^stage must be text/],
    [{ domain: 'events.example.com' }, /^domain needs a certificate.*us-east-1/],
    [{ domain: 'https://events.example.com/', certificateArn }, /^domain must be a plain name/],
    [
      { domain: 'a.example.com', certificateArn: certificateArn.replace('us-east-1', 'eu-west-1') },
      /us-east-1/,
    ],
    [{ certificateArn }, /^certificateArn is for a domain/],
    [{ ingestConcurrency: '-1' }, /^ingestConcurrency must be/],
    [{ ingestConcurrency: 'many' }, /^ingestConcurrency must be/],
    [{ processConcurrency: '1' }, /^processConcurrency must be an integer from 2 to 1000/],
    [{ processConcurrency: true }, /^processConcurrency must be/],
    [{ alarmEmail: 'ops' }, /^alarmEmail must be/],
  ])('that make no sense are refused with a sentence: %j', (context, problem) => {
    expect(() => read(context)).toThrow(DeploymentOptionsError);
    expect(() => read(context)).toThrow(problem);
  });

  test('are refused with all their problems at once', () => {
    expect(() => read({ stage: '!', alarmEmail: '!' })).toThrow(/^stage .*\nalarmEmail /);
  });

  test('that make no sense end `cdk` with their sentences and nothing else', () => {
    // As the CDK command line starts the app of cdk.json.
    const { status, stdout, stderr } = spawnSync(process.execPath, ['infra/app.ts'], {
      cwd: join(import.meta.dirname, '../..'),
      env: { PATH: process.env.PATH, CDK_CONTEXT_JSON: JSON.stringify({ alarmEmail: 'ops' }) },
      encoding: 'utf8',
    });
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr: 'alarmEmail must be an email address.\n',
    });
  });

  function read(context: Record<string, unknown>): DeploymentOptions {
    return readDeploymentOptions((name) => context[name]);
  }
});

describe('a stage with a domain, an alarm address and nothing reserved', () => {
  let folder: string;
  let stack: SynthesizedStack;
  let template: ReadTemplate;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tallyhook-options-'));
    stack = synthesize(folder, {
      stage: 'staging',
      domain: 'events.example.com',
      certificateArn,
      ingestConcurrency: '0',
      processConcurrency: '7',
      alarmEmail: 'ops@example.com',
    });
    template = readTemplate(stack.templateFile);
  }, SYNTH_TIMEOUT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is a stack of its own', () => {
    expect(stack.stackName).toBe('Tallyhook-staging');
  });

  test('adds one distribution and one topic, and no other type of resource', () => {
    expect(template.ofType('AWS::CloudFront::Distribution')).toHaveLength(1);
    expect(template.ofType('AWS::SNS::Topic')).toHaveLength(1);
    const types = new Set(template.resources.map(({ Type }) => Type));
    expect(
      [...types].filter((type) => /CloudFront|SNS|Route53|Certificate|Custom|S3/.test(type)).sort(),
    ).toEqual([
      'AWS::CloudFront::Distribution',
      'AWS::SNS::Subscription',
      'AWS::SNS::Topic',
      'AWS::SNS::TopicPolicy',
    ]);
  });

  test('reserves nothing and bounds the processing as asked', () => {
    for (const { Properties } of template.ofType('AWS::Lambda::Function')) {
      expect(Properties).not.toHaveProperty('ReservedConcurrentExecutions');
    }
    const [events] = template.ofType('AWS::Lambda::EventSourceMapping');
    expect(events?.Properties.ScalingConfig).toEqual({ MaximumConcurrency: 7 });
  });

  test('sends every path to the function that claims it', () => {
    const { origins, fallback, behaviors } = distribution();
    const target = (originId: string): string | undefined => origins.get(originId);
    expect(target(fallback.TargetOriginId)).toBe('ingest');
    const routed = Object.entries(routes).flatMap(([name, paths]) =>
      paths.filter((path) => path !== '*').map((path) => [path, name]),
    );
    expect(behaviors.map(({ PathPattern, TargetOriginId }) => [PathPattern, target(TargetOriginId)])).toEqual(
      routed,
    );
  });

  test('caches only what changes its name with its content, accepts every method, passes all headers but Host, and never redirects an event', () => {
    const { fallback, behaviors } = distribution();
    for (const behavior of [fallback, ...behaviors]) {
      expect(behavior).toMatchObject({
        // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
        CachePolicyId:
          behavior.PathPattern === '/assets/*'
            ? '658327ea-f89d-4fab-a63d-7e88639e58f6'
            : '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
        // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html
        OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
        ViewerProtocolPolicy: ['/', '/app', '/app/*'].includes(behavior.PathPattern ?? '')
          ? 'redirect-to-https'
          : 'https-only',
      });
      expect(behavior.AllowedMethods).toEqual(
        expect.arrayContaining(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'GET']),
      );
    }
  });

  test('has outputs with the domain, and says where its DNS record must point', () => {
    expect(template.outputs).toMatchObject({
      WebhookUrl: 'https://events.example.com/segment',
      TrackingApiUrl: 'https://events.example.com/v1',
      DashboardUrl: 'https://events.example.com/',
      BillingWebhookUrl: 'https://events.example.com/api/webhooks/',
      AdminKeySecretArn: { Ref: 'AdminKey' },
      BillingSecretArn: { Ref: 'BillingSecret' },
    });
    const {
      'Fn::GetAtt': [id, attribute],
    } = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).parse(template.outputs.DomainTarget);
    expect([id, attribute]).toEqual([template.ofType('AWS::CloudFront::Distribution')[0]?.id, 'DomainName']);
  });

  test('mails every alarm, when it starts and when it ends', () => {
    const [topic] = template.ofType('AWS::SNS::Topic');
    for (const { Properties } of template.ofType('AWS::CloudWatch::Alarm')) {
      expect(Properties).toMatchObject({
        AlarmActions: [{ Ref: topic?.id }],
        OKActions: [{ Ref: topic?.id }],
      });
    }
    expect(template.ofType('AWS::SNS::Subscription').map(({ Properties }) => Properties)).toMatchObject([
      { Protocol: 'email', Endpoint: 'ops@example.com' },
    ]);
  });

  function distribution() {
    const behaviorSchema = z.looseObject({
      TargetOriginId: z.string(),
      PathPattern: z.string().optional(),
      AllowedMethods: z.array(z.string()),
    });
    const { DistributionConfig } = z
      .object({
        DistributionConfig: z.object({
          Aliases: z.tuple([z.literal('events.example.com')]),
          DefaultCacheBehavior: behaviorSchema,
          CacheBehaviors: z.array(behaviorSchema),
          Origins: z.array(z.object({ Id: z.string(), DomainName: z.unknown() })),
        }),
      })
      .parse(template.ofType('AWS::CloudFront::Distribution')[0]?.Properties);
    const urls = template.ofType('AWS::Lambda::Url');
    return {
      fallback: DistributionConfig.DefaultCacheBehavior,
      behaviors: DistributionConfig.CacheBehaviors,
      /** Origin id → the function whose URL it is. */
      origins: new Map(
        DistributionConfig.Origins.map(({ Id, DomainName }) => {
          const url = urls.find((candidate) => JSON.stringify(DomainName).includes(candidate.id));
          return [Id, url && functionNameOf(template.pointedAtBy(url.Properties.TargetFunctionArn))];
        }),
      ),
    };
  }
});
