import { describe, expect, test } from '@jest/globals';
import { Policy, type PolicyStatement } from '../../../local/iam/policy.ts';

const TABLE = 'arn:aws:dynamodb:us-east-1:000000000000:table/Events';

function statement(
  change: Partial<Record<'effect', 'Allow' | 'Deny'>> & { actions?: string[]; resources?: string[] },
) {
  const { effect = 'Allow', actions = ['dynamodb:PutItem'], resources = [TABLE] } = change;
  return {
    origin: 'Role/0',
    effect,
    actions: { patterns: actions, except: false },
    resources: { patterns: resources, except: false },
  } satisfies PolicyStatement;
}

const allows = (statements: PolicyStatement[], action: string, resource = TABLE): boolean =>
  new Policy(statements).decide(action, resource).allowed;

describe('a call is allowed', () => {
  test.each([
    ['by its exact action and resource', ['dynamodb:PutItem'], [TABLE]],
    ['by an action in other letters', ['DynamoDB:putitem'], [TABLE]],
    ['by wildcards in the action', ['dynamodb:P?t*'], [TABLE]],
    ['by wildcards in the resource', ['dynamodb:*'], ['arn:aws:dynamodb:*:*:table/Ev*']],
    ['by everything', ['*'], ['*']],
  ])('%s', (_, actions, resources) => {
    expect(allows([statement({ actions, resources })], 'dynamodb:PutItem')).toBe(true);
  });
});

describe('a call is denied', () => {
  test.each([
    ['without any statement', []],
    ['for another action', [statement({ actions: ['dynamodb:GetItem'] })]],
    ['for another resource', [statement({ resources: [`${TABLE}2`] })]],
    ['for the table when only its index is allowed', [statement({ resources: [`${TABLE}/index/byUser`] })]],
    ['when the resource differs in letters', [statement({ resources: [TABLE.toUpperCase()] })]],
    ['by a deny, whatever allows it', [statement({ actions: ['*'] }), statement({ effect: 'Deny' })]],
    [
      'when a dot in the pattern would have to be any character',
      [statement({ actions: ['dynamodb.PutItem'] })],
    ],
  ])('%s', (_, statements) => {
    expect(allows(statements, 'dynamodb:PutItem')).toBe(false);
  });
});

test('NotAction and NotResource mean everything else', () => {
  const policy = new Policy([
    {
      origin: 'Role/0',
      effect: 'Allow',
      actions: { patterns: ['dynamodb:Delete*'], except: true },
      resources: { patterns: [TABLE], except: true },
    },
  ]);
  expect(policy.decide('dynamodb:PutItem', `${TABLE}2`).allowed).toBe(true);
  expect(policy.decide('dynamodb:DeleteItem', `${TABLE}2`).allowed).toBe(false);
  expect(policy.decide('dynamodb:PutItem', TABLE).allowed).toBe(false);
});

test('a decision names the grants that it rests on', () => {
  const policy = new Policy([statement({ actions: ['dynamodb:Put*', 'dynamodb:Query'] })]);
  expect(policy.decide('dynamodb:PutItem', TABLE).grants).toEqual([
    { action: 'dynamodb:Put*', resource: TABLE },
  ]);
  expect(policy.grants()).toEqual([
    { action: 'dynamodb:Put*', resource: TABLE },
    { action: 'dynamodb:Query', resource: TABLE },
  ]);
});
