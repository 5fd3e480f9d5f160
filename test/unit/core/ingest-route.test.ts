import { describe, expect, test } from '@jest/globals';
import { routeOf } from '../../../core/ingest-route.ts';

describe('every path form of a Segment sender is answered directly', () => {
  test.each<[string, object]>([
    ['/segment', { kind: 'events', dialect: 'webhook' }],
    ['/segment/', { kind: 'events', dialect: 'webhook' }],
    ['/v1/batch', { kind: 'events', dialect: 'tracking' }],
    ['/v1/batch/', { kind: 'events', dialect: 'tracking' }],
    ['//v1/batch', { kind: 'events', dialect: 'tracking' }],
    ['/v1/import/', { kind: 'events', dialect: 'tracking' }],
    ['/v1/b', { kind: 'events', dialect: 'tracking' }],
    ['/v1/t', { kind: 'events', dialect: 'tracking', pathType: 'track' }],
    ['/v1/identify', { kind: 'events', dialect: 'tracking', pathType: 'identify' }],
    ['/v1/s', { kind: 'events', dialect: 'tracking', pathType: 'screen' }],
    ['/v1/m', { kind: 'metrics' }],
    ['/v1/projects/key/settings', { kind: 'settings', writeKey: 'key' }],
    ['/health', { kind: 'health' }],
    ['/', { kind: 'unknown' }],
    ['/v1', { kind: 'unknown' }],
    ['/v1/constructor', { kind: 'unknown' }],
    ['/v1/batch/more', { kind: 'unknown' }],
    ['/v2/batch', { kind: 'unknown' }],
  ])('%s', (path, expected) => {
    expect(routeOf(path)).toEqual(expected);
  });
});
