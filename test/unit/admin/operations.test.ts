import { expect, test } from '@jest/globals';
import { findOperation } from '../../../functions/admin/operations.ts';

test.each([
  ['HEAD', '/api/features', 'listFeatures'],
  ['POST', '/api/features', 'createFeature'],
  ['PATCH', '/api/features/a b', 'changeFeature'],
  ['GET', '/api/events/a%2Fb\n', 'getEvent'],
])('%s %j is %s', (method, path, id) => {
  expect(findOperation(method, path)).toMatchObject({ kind: 'found', id });
});

test('a method that a path does not take names those that it does', () => {
  expect(findOperation('PUT', '/api/features/x')).toEqual({
    kind: 'wrong_method',
    allow: ['GET', 'HEAD', 'PATCH', 'DELETE'],
  });
});

test.each([
  '/api',
  '/api/',
  '/api/features/',
  '/api/features/a/b',
  '/api/openapixjson',
  '/apifeatures',
  '//',
  '',
])('%j is no route', (path) => {
  expect(findOperation('GET', path)).toEqual({ kind: 'unknown' });
});
