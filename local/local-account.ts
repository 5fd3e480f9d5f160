// The AWS account that the template is "deployed" to. Functions meet these values in ARNs and in their environment. The
// account id is the one that the embedded SQS builds its own ARNs with, so redrive policies resolve there.

export const REGION = 'us-east-1';
export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';
export const URL_SUFFIX = 'amazonaws.com';

export function arnOf(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
