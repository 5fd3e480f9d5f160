import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { eventKeyOf } from '../../adapters/keys.ts';
import { EMPTY_SNAPSHOT } from '../../core/ruleset.ts';
import { ADMIN_KEY, createAdmin } from '../support/admin.ts';
import {
  context,
  createPipeline,
  INGEST_KEY,
  startEngines,
  type Engines,
  type Pipeline,
} from '../support/pipeline.ts';

// Logs go to places where nobody erases a person. Everything a sender can write is a canary here, and so are the keys; the
// stores fail with messages that quote them. What Lambda writes of an error that leaves a handler counts as a line, too.

const CANARIES = {
  email: 'jane.canary@example.com',
  name: 'Jane Canary',
  property: 'canary-property-value',
  event: 'Canary Sang',
  userId: 'canary-user',
  messageId: 'canary-message',
} as const;
const SECRETS = [...Object.values(CANARIES), INGEST_KEY, ADMIN_KEY];

let engines: Engines;
let pipeline: Pipeline;

beforeAll(async () => {
  engines = await startEngines();
});
afterAll(async () => {
  await engines.stop();
});
beforeEach(async () => {
  pipeline = await createPipeline(engines);
});

const { email, name, property, event, userId, messageId } = CANARIES;
const identify = { type: 'identify', messageId: `${messageId}-1`, userId, traits: { email, name } };
const track = { type: 'track', messageId, userId, event, properties: { featureId: 'f', secret: property } };

test('no line of any function, whatever fails, holds a body, a trait, an e-mail address, an id or a key', async () => {
  const lines: string[] = [];
  const spies = (['log', 'warn', 'error', 'info', 'debug'] as const).map((level) =>
    jest.spyOn(console, level).mockImplementation((...parts: unknown[]) => void lines.push(parts.join(' '))),
  );
  const whatLambdaWrites = (error: unknown): void => {
    lines.push(
      error instanceof Error ? `${error.name} ${error.message} ${error.stack ?? ''}` : String(error),
    );
  };
  const admin = createAdmin(pipeline.client, pipeline.tables);
  const spoiled = { eventSourceARN: 'arn:events', messageId: 'sqs-1', body: JSON.stringify(CANARIES) };
  const askEverybody = async (): Promise<void> => {
    const records = await pipeline.sqs.receive(pipeline.queues.events);
    const records_ = [...records, { ...(records[0] ?? EMPTY_RECORD), ...spoiled }];
    await pipeline.webhook([identify, track, { ...track, userId: { email } }]);
    await pipeline.send({ path: '/v1/batch', body: `{"writeKey":"${INGEST_KEY}","x":"${email}` });
    await pipeline.process({ Records: records_ }, context()).catch(whatLambdaWrites);
    await pipeline
      .process(
        { Records: records_.map((each) => ({ ...each, eventSourceARN: pipeline.queues.lastChance.arn })) },
        context(),
      )
      .catch(whatLambdaWrites);
    await pipeline
      .reprocess({ Records: [{ ...EMPTY_RECORD, ...spoiled }] }, context())
      .catch(whatLambdaWrites);
    await pipeline.reprocess({ trigger: 'timer' }, context()).catch(whatLambdaWrites);
    for (const path of [
      '/api/users',
      `/api/users/${userId}`,
      `/api/events/${messageId}`,
      `/api/usage?userId=${userId}`,
    ])
      await admin.call('GET', path);
    await admin.call('POST', '/api/features', { text: `{"id":"${email}` });
    await admin.call('POST', '/api/features', { body: { id: email, name } });
    await admin.call('GET', '/api/features', { key: email });
  };

  await pipeline.saveRuleset({
    ...EMPTY_SNAPSHOT,
    generation: 1,
    features: [{ id: 'f', archived: false, generation: 1 }],
  });
  await pipeline.webhook([identify, track]);
  await pipeline.client.send(
    new UpdateItemCommand({
      TableName: pipeline.tables.events,
      Key: { pk: { S: `e#${eventKeyOf(messageId)}` }, sk: { S: 'e' } },
      UpdateExpression: 'SET b = :b',
      ExpressionAttributeValues: { ':b': { B: new Uint8Array([1, 2, 3]) } },
    }),
  );
  await askEverybody();
  const failing: { send: unknown } = pipeline.client;
  const { send } = failing;
  for (const metadata of [{ $metadata: {} }, {}]) {
    failing.send = () =>
      Promise.reject(
        Object.assign(new Error(`Refused: ${SECRETS.join(', ')}`), { name: 'ServiceError', ...metadata }),
      );
    await askEverybody();
  }
  failing.send = send;
  for (const spy of spies) spy.mockRestore();

  const text = lines.join('\n');
  for (const said of [
    'events could not be stored',
    'events were quarantined',
    'a message on the events queue is not one of ours',
    'a message on the reprocess queue is not one of ours',
    'an admin request could not reach a store',
    'an admin request failed',
    'ServiceError',
  ])
    expect(text).toContain(said);
  for (const secret of SECRETS) expect(text).not.toContain(secret);
});

const EMPTY_RECORD = {
  messageId: 'sqs-0',
  receiptHandle: '',
  body: '',
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '0',
    SenderId: '',
    ApproximateFirstReceiveTimestamp: '0',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: '',
  awsRegion: 'us-east-1',
};
