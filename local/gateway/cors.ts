import type { CorsPlan } from '../template/plan.ts';

// Cross-origin answers that a Function URL gives by itself when the template configures them. Functions that answer for
// themselves have no such configuration.

type Headers = readonly (readonly [string, string])[];

/** The answer to a preflight request, or undefined when the URL leaves it to the function. */
export function preflightHeaders(
  cors: CorsPlan | undefined,
  origin: string | undefined,
): Headers | undefined {
  if (cors === undefined || origin === undefined) return undefined;
  return [
    ...corsHeaders(cors, origin),
    ...(cors.methods.length > 0 ? [['access-control-allow-methods', cors.methods.join(',')] as const] : []),
    ...(cors.headers.length > 0 ? [['access-control-allow-headers', cors.headers.join(',')] as const] : []),
    ...(cors.maxAgeSeconds === undefined
      ? []
      : [['access-control-max-age', String(cors.maxAgeSeconds)] as const]),
  ];
}

export function corsHeaders(cors: CorsPlan | undefined, origin: string | undefined): Headers {
  if (cors === undefined || origin === undefined) return [];
  if (!cors.origins.includes('*') && !cors.origins.includes(origin)) return [];
  return [
    ['access-control-allow-origin', origin],
    ['vary', 'Origin'],
    ...(cors.credentials ? [['access-control-allow-credentials', 'true'] as const] : []),
    ...(cors.exposed.length > 0 ? [['access-control-expose-headers', cors.exposed.join(',')] as const] : []),
  ];
}
