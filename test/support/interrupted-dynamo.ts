import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

// A DynamoDB client whose network can be broken on purpose, one request at a time:
//
//   fail        the request never arrives
//   lose reply  the request is carried out, and its reply is lost

export type Interruption = 'fail' | 'lose reply';

/** `interrupt` is asked before every request with the name of its command, such as `GetItemCommand`. */
export function interruptedDynamo(
  endpoint: string,
  interrupt: (command: string) => Interruption | undefined,
): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const interruption = interrupt(String(context.commandName));
      if (interruption === 'fail') throw connectionReset();
      const answer = await next(args);
      if (interruption === 'lose reply') throw connectionReset();
      return answer;
    },
    { step: 'initialize', name: 'interrupt' },
  );
  return client;
}

const connectionReset = (): Error => Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
