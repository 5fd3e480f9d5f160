// Which path belongs to which function, declared once. Each list is put on its function's URL in the template, where the
// local gateway reads it, and becomes the CloudFront behaviours of a deployment with a domain.
//
// `/exact`, `/prefix/*`, or `*` for everything that nobody else claims.

export const urlFunctionNames = ['ingest', 'imports', 'admin'] as const;
export type UrlFunctionName = (typeof urlFunctionNames)[number];

export const routes: Readonly<Record<UrlFunctionName, readonly string[]>> = {
  // Unknown paths go to ingest, because a sender with a wrong path must get ingest's answer, not the dashboard.
  ingest: ['/segment', '/segment/*', '/v1/*', '/health', '*'],
  // Below /api: the local gateway takes the longest pattern that fits, and CloudFront the first, so this stands before admin.
  imports: ['/api/webhooks/*'],
  admin: ['/', '/api/*', '/app', '/app/*', '/assets/*'],
};

/** The metadata key under which a function URL carries its paths. */
export const PATHS_METADATA_KEY = 'tallyhook:paths';
