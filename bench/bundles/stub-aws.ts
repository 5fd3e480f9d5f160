import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import * as z from 'zod/mini';

// DynamoDB, SQS and Secrets Manager that answer at once: what is measured against them is the caller. Items that are put
// before `freeze` can be got and queried; afterwards every write is answered and none is kept, so that each cold start
// finds the same.

export interface AwsCall {
  /** As in `X-Amz-Target`: DynamoDB_20120810, AmazonSQS, secretsmanager. */
  readonly service: string;
  readonly operation: string;
  /** In the form of the wire: binary values are base64. */
  readonly input: unknown;
}

export interface StubAws {
  readonly url: string;
  freeze(): void;
  /** The calls since the last time this was asked. */
  takeCalls(): readonly AwsCall[];
  stop(): void;
}

const itemSchema = z.record(z.string(), z.record(z.string(), z.unknown()));
type WireItem = z.infer<typeof itemSchema>;

const inputSchema = z.object({
  TableName: z.optional(z.string()),
  Key: z.optional(itemSchema),
  Item: z.optional(itemSchema),
  ExpressionAttributeValues: z.optional(itemSchema),
  RequestItems: z.optional(z.record(z.string(), z.object({ Keys: z.array(itemSchema) }))),
  TransactItems: z.optional(
    z.array(z.object({ Put: z.optional(z.object({ TableName: z.string(), Item: itemSchema })) })),
  ),
  MessageBody: z.optional(z.string()),
  Entries: z.optional(z.array(z.object({ Id: z.string(), MessageBody: z.string() }))),
});

export async function startStubAws(secrets: Readonly<Record<string, string>>): Promise<StubAws> {
  const items = new Map<string, WireItem>();
  let isFrozen = false;
  let calls: AwsCall[] = [];

  const put = (table: string, item: WireItem): void => {
    if (!isFrozen) items.set(placeOf(table, item), item);
  };
  const answer = (service: string, operation: string, body: string): object => {
    const json: unknown = JSON.parse(body);
    calls.push({ service, operation, input: json });
    if (operation === 'GetSecretValue') {
      const { SecretId } = z.parse(z.object({ SecretId: z.string() }), json);
      return { ARN: SecretId, SecretString: secrets[SecretId] };
    }
    const input = z.parse(inputSchema, json);
    const table = input.TableName ?? '';
    switch (operation) {
      case 'GetItem':
        return { Item: items.get(placeOf(table, input.Key ?? {})) };
      case 'BatchGetItem':
        return { UnprocessedKeys: {}, Responses: found(items, input.RequestItems ?? {}) };
      case 'Query': {
        const { ':pk': pk, ':sk': sk } = input.ExpressionAttributeValues ?? {};
        const place = placeOf(table, { pk: pk ?? {}, sk: sk ?? { S: '' } });
        const rows = [...items].filter(([at]) => at.startsWith(place)).map(([, item]) => item);
        return { Items: rows, Count: rows.length, ScannedCount: rows.length };
      }
      case 'PutItem':
        put(table, input.Item ?? {});
        return {};
      case 'TransactWriteItems':
        for (const { Put: write } of input.TransactItems ?? []) {
          if (write !== undefined) put(write.TableName, write.Item);
        }
        return {};
      case 'SendMessageBatch':
        return {
          Successful: (input.Entries ?? []).map(({ Id, MessageBody }) => ({ Id, ...sent(MessageBody) })),
        };
      default:
        return sent(input.MessageBody ?? '');
    }
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [service = '', operation = ''] = String(request.headers['x-amz-target']).split('.');
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(answer(service, operation, Buffer.concat(chunks).toString('utf8'))));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    freeze() {
      isFrozen = true;
    },
    takeCalls() {
      const taken = calls;
      calls = [];
      return taken;
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function found(
  items: ReadonlyMap<string, WireItem>,
  asked: Readonly<Record<string, { readonly Keys: readonly WireItem[] }>>,
): Record<string, readonly WireItem[]> {
  return Object.fromEntries(
    Object.entries(asked).map(([table, { Keys }]) => [
      table,
      Keys.map((key) => items.get(placeOf(table, key))).filter((item) => item !== undefined),
    ]),
  );
}

/** A client checks the digest unless it is told not to. */
const sent = (body: string): object => ({
  MessageId: 'm',
  MD5OfMessageBody: createHash('md5').update(body).digest('hex'),
});

const placeOf = (table: string, item: WireItem): string =>
  [table, String(item['pk']?.['S']), String(item['sk']?.['S'])].join('\n');
