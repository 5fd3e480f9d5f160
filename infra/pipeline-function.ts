import { RemovalPolicy, type Duration } from 'aws-cdk-lib';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { grants, type FunctionName, type ResourceName } from './grants.ts';
import type { PipelineResources } from './pipeline-resources.ts';

// A function with all that belongs to it alone: bundle, role, log group. Its rights are its row in grants.ts and its own
// log group. No X-Ray: a trace per event would cost more than the function, and every stored event already says what
// happened to it.

export interface PipelineFunctionProps {
  readonly functionName: FunctionName;
  readonly timeout: Duration;
  readonly memoryMb: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly resources: PipelineResources;
  /** @default no reservation */
  readonly reservedConcurrency?: number | undefined;
  /** Whether it may wake itself through a queue. @default false */
  readonly sendsToItself?: boolean;
}

export class PipelineFunction extends Construct {
  readonly lambda: LambdaFunction;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', {
      // Logs hold counts and codes, no bodies; what must be kept is in the tables.
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      // Inside the role, not beside it: the rights exist from the role's first moment, so no event-source mapping can be
      // created, or start polling, before them.
      inlinePolicies: {
        pipeline: new PolicyDocument({
          statements: [...statementsFor(props.functionName, props.resources.arns), writeTo(logGroup)],
        }),
      },
    });
    this.lambda = new LambdaFunction(this, 'Lambda', {
      code: props.resources.code[props.functionName],
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      timeout: props.timeout,
      memorySize: props.memoryMb,
      environment: { ...props.environment },
      // CDK's own grants (for destinations, sources, …) end here; grants.ts is the whole truth.
      role: role.withoutPolicyUpdates(),
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // Without this, Lambda writes three lines for every invocation that went well.
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      // Lambda cuts a chain through SQS after about 16 rounds and drops the message into the dead letters.
      // https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      ...(props.sendsToItself === true && { recursiveLoop: RecursiveLoop.ALLOW }),
    });
  }
}

function statementsFor(
  functionName: FunctionName,
  arns: Readonly<Record<ResourceName, string>>,
): PolicyStatement[] {
  return Object.entries(arns).flatMap(([resource, arn]) => {
    const actions = Object.entries(grants[functionName]).find(([name]) => name === resource)?.[1];
    return actions === undefined ? [] : [new PolicyStatement({ actions: [...actions], resources: [arn] })];
  });
}

function writeTo(logGroup: LogGroup): PolicyStatement {
  // CloudFormation's ARN of a log group ends in `:*`, which means the streams of this group and of no other.
  return new PolicyStatement({
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resources: [logGroup.logGroupArn],
  });
}
