import { App } from 'aws-cdk-lib';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { readDeploymentOptions } from './deployment-options.ts';
import { TallyhookStack } from './stack.ts';

export interface TallyhookAppProps {
  /** Where the cloud assembly goes. @default where the CDK command line wants it */
  readonly outdir?: string;
  /** What `-c name=value` would say. */
  readonly context?: Readonly<Record<string, unknown>>;
  /** Whether CDK checks the template against CloudFormation's schemas, which takes a second. @default true */
  readonly validatesTemplate?: boolean;
}

/** The CDK app, not yet synthesised. Settings that shape the template are here, so that every way to synth gives the same one. */
export function tallyhookApp(props: TallyhookAppProps = {}): { app: App; stack: TallyhookStack } {
  const app = new App({
    ...(props.outdir !== undefined && { outdir: props.outdir }),
    ...(props.context !== undefined && { context: { ...props.context } }),
    // What `cdk init` would write into cdk.json, which only the command line reads. A CDK update that changes one of them
    // changes the reviewed template in test/infra.
    postCliContext: { ...CURRENTLY_RECOMMENDED_FLAGS },
    // No AWS::CDK::Metadata: the template holds what the product needs and reports to nobody.
    analyticsReporting: false,
    treeMetadata: false,
    builtinCloudFormationValidation: props.validatesTemplate ?? true,
  });
  const options = readDeploymentOptions((name): unknown => app.node.tryGetContext(name));
  const stackName = options.stage === undefined ? 'Tallyhook' : `Tallyhook-${options.stage}`;
  const stack = new TallyhookStack(app, stackName, {
    options,
    description: 'Tallyhook: Segment events in, feature usage out.',
  });
  return { app, stack };
}
