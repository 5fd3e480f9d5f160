import { createServer } from 'node:http';
import * as z from 'zod/mini';

// DynamoDB and SQS that answer at once, in a process of their own: what is left of a call is what the caller spends on it.
// They remember what PutItem stores, so that it can be read; nothing else changes anything, and every condition holds, so
// that the same events can be processed again and again.

const keySchema = z.object({ pk: z.object({ S: z.string() }), sk: z.object({ S: z.string() }) });
const putSchema = z.object({ TableName: z.string(), Item: z.looseObject(keySchema.shape) });
const getSchema = z.object({ TableName: z.string(), Key: keySchema });
const batchSchema = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(keySchema) })) });
const querySchema = z.object({
  TableName: z.string(),
  ExpressionAttributeValues: z.object({
    ':pk': z.object({ S: z.string() }),
    ':sk': z.object({ S: z.string() }),
  }),
});

/** Items as JSON text, by table and key: an answer is put together from them without making it again. */
const tables = new Map<string, Map<string, string>>();

type Key = z.infer<typeof keySchema>;
const nameOf = ({ pk, sk }: Key): string => `${pk.S} ${sk.S}`;
const itemAt = (table: string, key: Key): string | undefined => tables.get(table)?.get(nameOf(key));

function answerTo(operation: string, body: string): string {
  switch (operation) {
    case 'PutItem': {
      const { TableName: table, Item: item } = z.parse(putSchema, JSON.parse(body));
      const items = tables.get(table) ?? new Map<string, string>();
      tables.set(table, items.set(nameOf(item), JSON.stringify(item)));
      return '{}';
    }
    case 'GetItem': {
      const { TableName: table, Key: key } = z.parse(getSchema, JSON.parse(body));
      const item = itemAt(table, key);
      return item === undefined ? '{}' : `{"Item":${item}}`;
    }
    case 'BatchGetItem': {
      const { RequestItems: wanted } = z.parse(batchSchema, JSON.parse(body));
      const found = Object.entries(wanted).map(
        ([table, { Keys: keys }]) =>
          `${JSON.stringify(table)}:[${keys.flatMap((key) => itemAt(table, key) ?? []).join(',')}]`,
      );
      return `{"Responses":{${found.join(',')}},"UnprocessedKeys":{}}`;
    }
    case 'Query': {
      const { TableName: table, ExpressionAttributeValues: values } = z.parse(querySchema, JSON.parse(body));
      const prefix = `${values[':pk'].S} ${values[':sk'].S}`;
      const found = [...(tables.get(table) ?? [])].filter(([name]) => name.startsWith(prefix));
      return `{"Items":[${found.map(([, item]) => item).join(',')}],"Count":${found.length}}`;
    }
    case 'BatchExecuteStatement':
      return `{"Responses":[${body.split('"Statement":"').slice(1).fill('{"TableName":"t"}').join(',')}]}`;
    case 'SendMessage':
      return '{"MessageId":"5fea7756-0ea4-451a-a703-a558b933e274","MD5OfMessageBody":"fafb00f5732ab283681e124bf8747ed1"}';
    default:
      return '{}';
  }
}

const server = createServer({ noDelay: true }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const target = String(request.headers['x-amz-target']);
    const answer = answerTo(target.slice(target.indexOf('.') + 1), Buffer.concat(chunks).toString('utf8'));
    response.writeHead(200, {
      'content-type': target.startsWith('Dynamo')
        ? 'application/x-amz-json-1.0'
        : 'application/x-amz-json-1.1',
      'content-length': Buffer.byteLength(answer),
    });
    response.end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.(server.address()));
process.on('disconnect', () => process.exit(0));
