import { join } from 'node:path';
import { tallyhookApp } from './tallyhook-app.ts';

export interface SynthesizedStack {
  /** The cloud assembly: manifest, template, asset list and bundles. */
  readonly assemblyFolder: string;
  readonly templateFile: string;
  readonly stackName: string;
}

/**
 * Writes the cloud assembly to `outdir`, as `cdk synth` would: offline, without Docker, an account or the CDK command line,
 * and without printing. CloudFormation's schemas are left to `cdk synth` and the tests: half of the time, and nothing that
 * this machine acts on. Throws DeploymentOptionsError for a context that makes no sense, and esbuild's error for a function
 * that cannot be bundled.
 */
export function synthesize(
  outdir: string,
  context: Readonly<Record<string, unknown>> = {},
): SynthesizedStack {
  const { app, stack } = tallyhookApp({ outdir, context, validatesTemplate: false });
  const assembly = app.synth();
  return {
    assemblyFolder: assembly.directory,
    templateFile: join(assembly.directory, stack.templateFile),
    stackName: stack.stackName,
  };
}
