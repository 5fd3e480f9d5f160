import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import { dynamoClient, sqsClient } from '../../adapters/clients.ts';

export interface Stub {
  /** The very clients of the functions, so that both sides of a comparison pay the same for a call. */
  readonly dynamo: DynamoDBClient;
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  stop(): Promise<void>;
}

const addressSchema = z.object({ port: z.number() });

export async function startStub(): Promise<Stub> {
  const child = fork(new URL('./stub-process.ts', import.meta.url));
  const message = await new Promise((resolve) => child.once('message', resolve));
  const { port } = z.parse(addressSchema, message);
  const url = `http://127.0.0.1:${port}`;
  // As the functions are told where their stores are.
  Object.assign(process.env, {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    AWS_ENDPOINT_URL: url,
  });
  const dynamo = dynamoClient();
  const sqs = sqsClient();
  return {
    dynamo,
    sqs,
    queueUrl: `${url}/000000000000/events`,
    async stop() {
      dynamo.destroy();
      sqs.destroy();
      child.disconnect();
      await once(child, 'exit');
    },
  };
}
