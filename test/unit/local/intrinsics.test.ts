import { describe, expect, test } from '@jest/globals';
import { StartError } from '../../../local/start-error.ts';
import { resolveIntrinsics, type Scope } from '../../../local/template/intrinsics.ts';

const scope: Scope = {
  valueOf: (logicalId, attribute) =>
    ({ Table: 'table-name', 'Table.Arn': 'arn:of:table', 'List.Parts': ['a', 'b'] })[
      attribute === undefined ? logicalId : `${logicalId}.${attribute}`
    ],
};

const resolve = (value: unknown): unknown => resolveIntrinsics(value, scope, 'Here');

test.each([
  ['Ref', { Ref: 'Table' }, 'table-name'],
  ['Ref to a pseudo parameter', { Ref: 'AWS::Region' }, 'us-east-1'],
  ['GetAtt as a list', { 'Fn::GetAtt': ['Table', 'Arn'] }, 'arn:of:table'],
  ['GetAtt as text', { 'Fn::GetAtt': 'Table.Arn' }, 'arn:of:table'],
  ['Join', { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':', 7]] }, 'arn:aws:7'],
  ['Split and Select', { 'Fn::Select': [1, { 'Fn::Split': [':', 'x:y:z'] }] }, 'y'],
  ['Select from an attribute', { 'Fn::Select': ['0', { 'Fn::GetAtt': ['List', 'Parts'] }] }, 'a'],
  [
    'Sub',
    { 'Fn::Sub': '${Table} ${Table.Arn} ${AWS::AccountId} ${!Kept}' },
    'table-name arn:of:table 000000000000 ${Kept}',
  ],
  [
    'Sub with variables',
    { 'Fn::Sub': ['${own}-${Table}', { own: { Ref: 'AWS::URLSuffix' } }] },
    'amazonaws.com-table-name',
  ],
  ['nested', { a: [{ b: { Ref: 'Table' } }], c: null, d: 1 }, { a: [{ b: 'table-name' }], c: null, d: 1 }],
  ['an object that only looks like one', { Ref: 'Table', Other: 1 }, { Ref: 'Table', Other: 1 }],
  ['no value', { a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }] }, { b: [1] }],
])('%s', (_, value, resolved) => {
  expect(resolve(value)).toEqual(resolved);
});

describe('what cannot be evaluated is an error that names the place', () => {
  test.each([
    [{ Ref: 'Nothing' }, /^Here: .* refers to Nothing/],
    [{ 'Fn::GetAtt': ['Table', 'Nothing'] }, /^Here: .* Table\.Nothing/],
    [{ 'Fn::ImportValue': 'x' }, /^Here: .* Fn::ImportValue/],
    [{ 'Fn::Select': [2, ['a']] }, /^Here: Fn::Select asks for entry 2/],
    [{ 'Fn::Join': 'x' }, /^Here: Fn::Join is written in a form/],
    [{ 'Fn::Join': ['', [{ a: 1 }]] }, /^Here: Fn::Join needs text/],
  ])('%j', (value, message) => {
    expect(() => resolve(value)).toThrow(StartError);
    expect(() => resolve(value)).toThrow(message);
  });
});
