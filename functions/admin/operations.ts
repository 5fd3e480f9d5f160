// Every route of the API with the scope that it asks for. `public` needs no key; an admin key or the deployment's admin key
// may do everything; `read` may also be done with a read key; `session` needs the cookie of somebody who is signed in. A route exists when it is here and in routes/; a test
// compares both with the OpenAPI document.

export type Scope = 'public' | 'session' | 'read' | 'admin';

export interface OperationEntry {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  readonly path: `/${string}`;
  readonly scope: Scope;
  /** @default JSON for POST and PATCH, otherwise none */
  readonly body?: Body;
  /** Whether a good answer holds a secret, which must not be kept for a repetition of the request. @default false */
  readonly showsSecret?: boolean;
}

/** `csv` may be packed with gzip, and as large as a request can be. */
export type Body = 'json' | 'csv' | 'none';

export const OPERATIONS = {
  getConnection: { method: 'get', path: '/api/connection', scope: 'read' },
  getOpenApiDocument: { method: 'get', path: '/api/openapi.json', scope: 'public' },

  startSession: { method: 'post', path: '/api/session', scope: 'public' },
  getSession: { method: 'get', path: '/api/session', scope: 'session' },
  endSession: { method: 'delete', path: '/api/session', scope: 'session' },

  getOverview: { method: 'get', path: '/api/overview', scope: 'read' },

  listFeatures: { method: 'get', path: '/api/features', scope: 'read' },
  createFeature: { method: 'post', path: '/api/features', scope: 'admin' },
  getFeature: { method: 'get', path: '/api/features/{featureId}', scope: 'read' },
  changeFeature: { method: 'patch', path: '/api/features/{featureId}', scope: 'admin' },
  deleteFeature: { method: 'delete', path: '/api/features/{featureId}', scope: 'admin' },

  listRules: { method: 'get', path: '/api/rules', scope: 'read' },
  createRule: { method: 'post', path: '/api/rules', scope: 'admin' },
  readSegmentFilter: { method: 'post', path: '/api/rules/import', scope: 'read' },
  previewRule: { method: 'post', path: '/api/rules/preview', scope: 'read' },
  getRule: { method: 'get', path: '/api/rules/{ruleId}', scope: 'read' },
  getRuleHistory: { method: 'get', path: '/api/rules/{ruleId}/history', scope: 'read' },
  getRuleImpact: { method: 'get', path: '/api/rules/{ruleId}/impact', scope: 'read' },
  previewRuleImpact: { method: 'post', path: '/api/rules/{ruleId}/impact', scope: 'read' },
  changeRule: { method: 'patch', path: '/api/rules/{ruleId}', scope: 'admin' },
  deleteRule: { method: 'delete', path: '/api/rules/{ruleId}', scope: 'admin' },

  listReprocessingJobs: { method: 'get', path: '/api/reprocessing', scope: 'read' },
  getReprocessingJob: { method: 'get', path: '/api/reprocessing/{jobId}', scope: 'read' },

  startReconciliation: { method: 'post', path: '/api/reconciliations', scope: 'admin', body: 'none' },
  reconcile: { method: 'post', path: '/api/reconcile', scope: 'admin', body: 'none' },
  listReconciliations: { method: 'get', path: '/api/reconciliations', scope: 'read' },
  getReconciliation: { method: 'get', path: '/api/reconciliations/{reconciliationId}', scope: 'read' },

  listEvents: { method: 'get', path: '/api/events', scope: 'read' },
  getEvent: { method: 'get', path: '/api/events/{messageId}', scope: 'read' },
  explainEvent: { method: 'get', path: '/api/events/{messageId}/explain', scope: 'read' },
  redriveQuarantined: { method: 'post', path: '/api/quarantine/redrive', scope: 'admin' },
  listFeed: { method: 'get', path: '/api/feed', scope: 'read' },
  listUnmappedGroups: { method: 'get', path: '/api/unmapped', scope: 'read' },
  suggestRules: { method: 'get', path: '/api/unmapped/{event}/suggest', scope: 'read' },

  exportUsers: { method: 'get', path: '/api/users/export.csv', scope: 'read' },
  listUsers: { method: 'get', path: '/api/users', scope: 'read' },
  resolveUser: { method: 'post', path: '/api/users/resolve', scope: 'read' },
  mergeUsers: { method: 'post', path: '/api/users/merge', scope: 'admin' },
  getUser: { method: 'get', path: '/api/users/{userId}', scope: 'read' },
  eraseUser: { method: 'delete', path: '/api/users/{userId}', scope: 'admin' },
  getErasure: { method: 'get', path: '/api/erasures/{erasureId}', scope: 'read' },

  listMerges: { method: 'get', path: '/api/merges', scope: 'read' },
  undoMerge: { method: 'post', path: '/api/merges/{mergeId}/undo', scope: 'admin', body: 'none' },
  listMissingBilling: { method: 'get', path: '/api/flags/missing-billing', scope: 'read' },
  listSharedEmails: { method: 'get', path: '/api/flags/shared-email', scope: 'read' },
  dismissSharedEmail: {
    method: 'post',
    path: '/api/flags/shared-email/{email}/dismiss',
    scope: 'admin',
    body: 'none',
  },
  importUsers: { method: 'post', path: '/api/users/import', scope: 'admin', body: 'csv' },
  importFromStripe: { method: 'post', path: '/api/imports/stripe', scope: 'admin', body: 'none' },
  importFromChargebee: { method: 'post', path: '/api/imports/chargebee', scope: 'admin', body: 'none' },
  listImports: { method: 'get', path: '/api/imports', scope: 'read' },
  getImport: { method: 'get', path: '/api/imports/{importId}', scope: 'read' },
  listImportRows: { method: 'get', path: '/api/imports/{importId}/rows', scope: 'read' },
  downloadImportRows: { method: 'get', path: '/api/imports/{importId}/rows.csv', scope: 'read' },

  getTopUsers: { method: 'get', path: '/api/usage/top', scope: 'read' },
  getUsage: { method: 'get', path: '/api/usage', scope: 'read' },
  getArrivals: { method: 'get', path: '/api/arrivals', scope: 'read' },

  getSettings: { method: 'get', path: '/api/settings', scope: 'read' },
  changeSettings: { method: 'patch', path: '/api/settings', scope: 'admin' },

  listKeys: { method: 'get', path: '/api/keys', scope: 'admin' },
  createKey: { method: 'post', path: '/api/keys', scope: 'admin', showsSecret: true },
  changeKey: { method: 'patch', path: '/api/keys/{keyId}', scope: 'admin' },
  revokeKey: { method: 'delete', path: '/api/keys/{keyId}', scope: 'admin' },
} as const satisfies Record<string, OperationEntry>;

export type OperationId = keyof typeof OPERATIONS;

/** The header with which a change is made once, however often it is sent (idempotency.ts). */
export const IDEMPOTENCY_KEY = 'Idempotency-Key';

const idempotencyKeyParameter = {
  name: IDEMPOTENCY_KEY,
  in: 'header' as const,
  required: false,
  description:
    'A new one, such as a UUID, for every change. Sent again within a day, the change is not made again: the answer is the same, with the header `Idempotent-Replayed: true`.',
  schema: { type: 'string' as const, pattern: '^[\\w.:/+=~-]{1,255}$', maxLength: 255 },
};

/** Every change but signing in and out, which are no harm when repeated, and whose answer is a secret. */
const takesKey = ({ method, scope }: OperationEntry): boolean => scope === 'admin' && method !== 'get';

/** The name, method, path, security and idempotency header of an operation, as its route declares them. */
export function operation<Id extends OperationId>(id: Id): OperationHead<Id> {
  const { method, path, scope } = OPERATIONS[id];
  return {
    operationId: id,
    method,
    path,
    security: securityOf(OPERATIONS[id]),
    'x-tallyhook-scope': scope,
    ...(takesKey(OPERATIONS[id]) && { parameters: [idempotencyKeyParameter] }),
  };
}

interface OperationHead<Id extends OperationId> {
  operationId: Id;
  method: (typeof OPERATIONS)[Id]['method'];
  path: (typeof OPERATIONS)[Id]['path'];
  security: Record<string, string[]>[];
  'x-tallyhook-scope': Scope;
  parameters?: (typeof idempotencyKeyParameter)[];
}

/** The names of the security schemes in the OpenAPI document. */
export const KEY_SECURITY = 'key';
export const SESSION_SECURITY = 'session';
export const CSRF_SECURITY = 'csrfToken';
export const STRIPE_SECURITY = 'stripeSignature';
export const CHARGEBEE_SECURITY = 'chargebeeLogin';

/** A key, or the cookie, with which a change needs the header too. */
function securityOf({ method, scope }: OperationEntry): Record<string, string[]>[] {
  if (scope === 'public') return [];
  const session = { [SESSION_SECURITY]: [], ...(method !== 'get' && { [CSRF_SECURITY]: [] }) };
  return scope === 'session' ? [session] : [{ [KEY_SECURITY]: [] }, session];
}

export type FoundOperation =
  | {
      readonly kind: 'found';
      readonly id: string;
      readonly scope: Scope;
      readonly body: Body;
      /** Whether an Idempotency-Key means something here. */
      readonly takesKey: boolean;
      readonly showsSecret: boolean;
    }
  | { readonly kind: 'wrong_method'; readonly allow: readonly string[] }
  | { readonly kind: 'unknown' };

const PATTERNS = Object.entries<OperationEntry>(OPERATIONS).map(([id, entry]) => ({
  id,
  ...entry,
  pattern: new RegExp(`^${entry.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** Which operation a request asks for. HEAD is GET without the body. */
export function findOperation(method: string, path: string): FoundOperation {
  const wanted = method === 'HEAD' ? 'get' : method.toLowerCase();
  const here = PATTERNS.filter(({ pattern }) => pattern.test(path));
  const found = here.find((entry) => entry.method === wanted);
  if (found !== undefined) {
    return {
      kind: 'found',
      id: found.id,
      scope: found.scope,
      body: found.body ?? (['post', 'patch'].includes(found.method) ? 'json' : 'none'),
      takesKey: takesKey(found),
      showsSecret: found.showsSecret ?? false,
    };
  }
  if (here.length === 0) return { kind: 'unknown' };
  const allow = here.flatMap((entry) =>
    entry.method === 'get' ? ['GET', 'HEAD'] : [entry.method.toUpperCase()],
  );
  return { kind: 'wrong_method', allow };
}
