import { CfnResource } from 'aws-cdk-lib';
import {
  FunctionUrlAuthType,
  InvokeMode,
  type Function as LambdaFunction,
  type FunctionUrl,
} from 'aws-cdk-lib/aws-lambda';
import { PATHS_METADATA_KEY, routes, type UrlFunctionName } from './routes.ts';

/**
 * A URL that anyone may call: Segment cannot sign requests for AWS, so the functions check keys themselves. CORS is
 * answered by the functions too, because the right answer depends on the path.
 */
export function publicUrl(lambda: LambdaFunction, name: UrlFunctionName): FunctionUrl {
  const url = lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE, invokeMode: InvokeMode.BUFFERED });
  const resource = url.node.defaultChild;
  if (!CfnResource.isCfnResource(resource))
    throw new Error('A function URL has no resource of its own to carry its paths.');
  resource.addMetadata(PATHS_METADATA_KEY, routes[name]);
  return url;
}
