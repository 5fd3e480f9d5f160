import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { interruptedDynamo } from './interrupted-dynamo.ts';

export interface StandingDynamo {
  readonly client: DynamoDBClient;
  /** Resolves when the client stands before its first such command. */
  readonly standing: Promise<unknown>;
  /** Lets it go on. */
  readonly go: () => void;
}

/** A client that stands still before its first command of this name, such as `TransactWriteItemsCommand`, until it is let go. */
export function standingDynamo(endpoint: string, command: string): StandingDynamo {
  const { promise: standing, resolve: stand } = Promise.withResolvers<undefined>();
  const { promise: going, resolve: go } = Promise.withResolvers<undefined>();
  const client = interruptedDynamo(endpoint, () => undefined);
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName === command) {
        stand(undefined);
        await going;
      }
      return await next(args);
    },
    { step: 'initialize', name: 'stand still' },
  );
  return {
    client,
    standing,
    go: () => {
      go(undefined);
    },
  };
}
