import { SQSClient, type ServiceInputTypes } from '@aws-sdk/client-sqs';

/** Why SQS does not take a message of a batch. */
export interface Refusal {
  readonly Code: string;
  readonly SenderFault: boolean;
}

/**
 * SQS as far as sending goes. `take` is given the messages of each request; what it answers of one is why it is not taken,
 * and what it throws is thrown at the sender.
 */
export function stubbedSqs(
  take: (bodies: readonly string[]) => readonly (Refusal | undefined)[] | undefined,
): SQSClient {
  const client = new SQSClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  client.middlewareStack.add(
    () => (call) =>
      // What `take` throws is a refused request, as of a client.
      new Promise((resolve) => {
        const sent = messagesOf(call.input);
        const refusals = take(sent.map(({ body }) => body)) ?? [];
        const Failed = sent.flatMap(({ Id }, index) => {
          const why = refusals[index];
          return why === undefined ? [] : [{ Id, ...why }];
        });
        resolve({ output: { $metadata: {}, Failed }, response: undefined });
      }),
    { step: 'initialize', name: 'queue' },
  );
  return client;
}

/** Of a batch, or the only one. */
function messagesOf(
  input: ServiceInputTypes,
): readonly { readonly Id: string | undefined; readonly body: string }[] {
  const entries = 'Entries' in input ? (input.Entries ?? []) : [input];
  return entries.map((entry) => ({
    Id: 'Id' in entry ? entry.Id : undefined,
    body: 'MessageBody' in entry ? (entry.MessageBody ?? '') : '',
  }));
}
