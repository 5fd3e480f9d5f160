/** `/exact`, `/prefix/*`, or `*` for everything that nobody else claims. */
export interface Route<Target> {
  readonly pattern: string;
  readonly target: Target;
}

/**
 * The route whose pattern says most about a path: an exact one, then the longest prefix, then `*`. As with CloudFront's
 * path patterns, `/api/*` does not cover `/api`.
 */
export function routeOf<Target>(routes: readonly Route<Target>[], path: string): Target | undefined {
  let best: Route<Target> | undefined;
  for (const route of routes) {
    if (route.pattern === path) return route.target;
    if (!route.pattern.endsWith('*') || !path.startsWith(route.pattern.slice(0, -1))) continue;
    if (best === undefined || route.pattern.length > best.pattern.length) best = route;
  }
  return best?.target;
}
