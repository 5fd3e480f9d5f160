import { expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dynamodbBinary } from '../../../local/engines/dynamodb-binary.ts';
import { StartError } from '../../../local/start-error.ts';

test('the embedded DynamoDB of this machine is a file', () => {
  expect(existsSync(dynamodbBinary())).toBe(true);
});

test('a machine without one is told what to do', () => {
  const find = (): string => dynamodbBinary('plan9', 'mips');
  expect(find).toThrow(StartError);
  expect(find).toThrow(/@dynoxide\/plan9-mips is not installed.*npm ci.*DYNAMODB_ENDPOINT/);
});
