import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { bundleFunctions } from './bundle.ts';
import { putDashboard } from './dashboard-build.ts';
import type { FunctionName } from './grants.ts';

/** The code of every function, bundled into the cloud assembly, and with that of `admin` the dashboard that it serves. */
export function bundledCode(scope: Construct): Readonly<Record<FunctionName, Code>> {
  // `cdk list` and `cdk destroy` read the app but need no code.
  const isNeeded = Stack.of(scope).bundlingRequired;
  const folder = join(assemblyFolder(scope), 'bundles');
  if (isNeeded) {
    bundleFunctions(folder);
    putDashboard(join(folder, 'admin', 'dashboard'));
  }
  const codeOf = (name: FunctionName): Code =>
    isNeeded
      ? Code.fromAsset(join(folder, name))
      : Code.fromInline('exports.handler = async () => undefined;');
  return {
    ingest: codeOf('ingest'),
    process: codeOf('process'),
    reprocess: codeOf('reprocess'),
    imports: codeOf('imports'),
    admin: codeOf('admin'),
  };
}

function assemblyFolder(scope: Construct): string {
  const app = scope.node.root;
  if (!App.isApp(app))
    throw new Error('The stack must be part of a CDK app, which says where its bundles go.');
  return app.outdir;
}
