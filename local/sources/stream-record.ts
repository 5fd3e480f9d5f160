import type { _Record as StreamRecord, AttributeValue } from '@aws-sdk/client-dynamodb-streams';
import { REGION } from '../local-account.ts';

/** The record of Lambda's DynamoDB event: as the stream has it, but with plain JSON for times and bytes. */
export function toStreamEventRecord(
  record: StreamRecord,
  streamArn: string,
): Readonly<Record<string, unknown>> {
  const { dynamodb = {} } = record;
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: 'aws:dynamodb',
    awsRegion: REGION,
    dynamodb: {
      ...dynamodb,
      ...(dynamodb.ApproximateCreationDateTime === undefined
        ? {}
        : { ApproximateCreationDateTime: Math.floor(dynamodb.ApproximateCreationDateTime.getTime() / 1000) }),
      ...(dynamodb.Keys === undefined ? {} : { Keys: toJsonImage(dynamodb.Keys) }),
      ...(dynamodb.NewImage === undefined ? {} : { NewImage: toJsonImage(dynamodb.NewImage) }),
      ...(dynamodb.OldImage === undefined ? {} : { OldImage: toJsonImage(dynamodb.OldImage) }),
    },
    eventSourceARN: streamArn,
  };
}

function toJsonImage(image: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(image).map(([name, value]) => [name, toJsonValue(value)]));
}

function toJsonValue(value: AttributeValue): unknown {
  if (value.B !== undefined) return { B: base64(value.B) };
  if (value.BS !== undefined) return { BS: value.BS.map(base64) };
  if (value.L !== undefined) return { L: value.L.map(toJsonValue) };
  if (value.M !== undefined) return { M: toJsonImage(value.M) };
  return value;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
