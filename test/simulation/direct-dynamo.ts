import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  DynamoDBServiceException,
  TransactionCanceledException,
  type CancellationReason,
} from '@aws-sdk/client-dynamodb';
import { carryOut } from './simulated-aws.ts';
import { isRecord, type JsonRecord } from './wire-item.ts';

// A client for searches without faults, where the SDK's own work is most of the time of a schedule and shows nothing:
// commands go to the model as they are, and answers come back as the SDK would read them.

export function directDynamo(): DynamoDBClient {
  const dynamo = new DynamoDBClient({ region: 'us-east-1', cacheMiddleware: true });
  dynamo.middlewareStack.add(
    (_, { commandName = '' }) =>
      async ({ input }) => {
        const target = `DynamoDB_20120810.${commandName.slice(0, -'Command'.length)}`;
        const { response } = await carryOut({
          headers: { 'x-amz-target': target },
          body: JSON.stringify(input, writeBytes),
        });
        const answer: unknown = JSON.parse(Buffer.from(response.body).toString(), readBytes);
        if (!isRecord(answer)) throw new Error('An answer is a JSON object.');
        if (response.statusCode !== 200) throw errorOf(answer);
        return { output: { ...answer, $metadata: METADATA }, response };
      },
    { step: 'initialize', priority: 'high', name: 'direct' },
  );
  return dynamo;
}

const METADATA = {};

/** As it is in its holder: a Buffer has been turned into something else by the time it comes as `value`. */
function writeBytes(this: JsonRecord, name: string, value: unknown): unknown {
  const bytes = this[name];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString('base64') : value;
}

const readBytes = (name: string, value: unknown): unknown =>
  name === 'B' && typeof value === 'string' ? Buffer.from(value, 'base64') : value;

function errorOf({ __type: type, message, CancellationReasons: reasons }: JsonRecord): Error {
  const name = String(type).split('#')[1] ?? '';
  const about = { message: String(message), $metadata: METADATA };
  if (name === 'ConditionalCheckFailedException') return new ConditionalCheckFailedException(about);
  if (name !== 'TransactionCanceledException')
    return new DynamoDBServiceException({ ...about, name, $fault: 'client' });
  const list = (Array.isArray(reasons) ? reasons : []).map((reason: unknown): CancellationReason => {
    const code = isRecord(reason) ? reason['Code'] : undefined;
    return { Code: typeof code === 'string' ? code : 'None' };
  });
  return new TransactionCanceledException({ ...about, CancellationReasons: list });
}
