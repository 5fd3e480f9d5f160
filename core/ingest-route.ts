import type { Dialect } from './segment-event.ts';

// Which request is meant by a path. Every spelling that a Segment sender uses is answered directly: a redirect to a
// tidier path would lose the event, because HTTP clients follow it as a GET.

export type IngestRoute =
  | { readonly kind: 'health' }
  | {
      readonly kind: 'events';
      readonly dialect: Dialect;
      /** What the path says the type is. */ readonly pathType?: string;
    }
  /** Batches of browser metrics (`{"series": […]}`): taken and ignored, as Segment's API does. */
  | { readonly kind: 'metrics' }
  /** What analytics.js and the mobile SDKs fetch before they send. */
  | { readonly kind: 'settings'; readonly writeKey: string }
  | { readonly kind: 'unknown' };

const TRACKING_TYPES: Readonly<Record<string, string | undefined>> = {
  identify: 'identify',
  i: 'identify',
  track: 'track',
  t: 'track',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  group: 'group',
  g: 'group',
  alias: 'alias',
  a: 'alias',
};
const BATCH = new Set(['batch', 'import', 'b']);

/** The route of a raw request path; slashes may be doubled or trail (Go and Java concatenate endpoint and path). */
export function routeOf(rawPath: string): IngestRoute {
  const [first, ...rest] = rawPath.split('/').filter((segment) => segment !== '');
  if (first === 'health' && rest.length === 0) return { kind: 'health' };
  if (first === 'segment' && rest.length === 0) return { kind: 'events', dialect: 'webhook' };
  if (first !== 'v1') return { kind: 'unknown' };
  const [name, writeKey, last, ...more] = rest;
  if (name === 'projects' && writeKey !== undefined && last === 'settings' && more.length === 0) {
    return { kind: 'settings', writeKey };
  }
  if (name === undefined || writeKey !== undefined) return { kind: 'unknown' };
  if (name === 'm') return { kind: 'metrics' };
  if (BATCH.has(name)) return { kind: 'events', dialect: 'tracking' };
  const pathType = Object.hasOwn(TRACKING_TYPES, name) ? TRACKING_TYPES[name] : undefined;
  return pathType === undefined ? { kind: 'unknown' } : { kind: 'events', dialect: 'tracking', pathType };
}
