import { createRoute, z } from '@hono/zod-openapi';
import { keyIdOf, newApiKeySecret, type ApiKey } from '../../../adapters/api-keys.ts';
import { toIso } from '../../../core/timestamp.ts';
import { ApiError } from '../api-error.ts';
import type { AdminApp, AdminDependencies } from '../dependencies.ts';
import { operation } from '../operations.ts';
import { CHANGE, CHANGE_WITH_BODY, KEYED, errors } from '../schemas/error.ts';
import { noQuery, pathId } from '../schemas/fields.ts';
import { jsonAnswer, jsonBody } from '../schemas/json-content.ts';
import { createdKeySchema, keyChangeSchema, keySchema, keysSchema, newKeySchema } from '../schemas/key.ts';

const tags = ['Keys'];

/** Keys that may be in use at once. All keys are read to list them. */
const ACTIVE_KEYS_MAX = 100;

const list = createRoute({
  ...operation('listKeys'),
  tags,
  summary: 'List API keys',
  request: { query: noQuery },
  responses: { 200: jsonAnswer('Keys, without the keys themselves', keysSchema), ...errors(...KEYED) },
});

const create = createRoute({
  ...operation('createKey'),
  tags,
  summary: 'Create an API key',
  description:
    'The answer is the only place where the key itself is ever shown. To rotate a key, create the new one first.',
  request: { query: noQuery, body: jsonBody(newKeySchema) },
  responses: { 201: jsonAnswer('The key', createdKeySchema), ...errors(...CHANGE_WITH_BODY) },
});

const params = z.strictObject({ keyId: pathId('keyId', 'key_0a1b2c3d4e5f6a7b') });

const change = createRoute({
  ...operation('changeKey'),
  tags,
  summary: 'Set the signature secrets of an ingest key',
  description: 'It takes effect everywhere within half a minute.',
  request: { params, query: noQuery, body: jsonBody(keyChangeSchema) },
  responses: { 200: jsonAnswer('The key', keySchema), ...errors(...CHANGE_WITH_BODY, 404) },
});

const revoke = createRoute({
  ...operation('revokeKey'),
  tags,
  summary: 'Revoke an API key',
  description: 'It stops working everywhere within a minute, for good.',
  request: { params, query: noQuery },
  responses: { 204: { description: 'It is revoked' }, ...errors(...CHANGE, 404) },
});

export function keyRoutes(app: AdminApp, { keys, keyUse, now }: AdminDependencies): void {
  app.openapi(list, async (c) => {
    const [all, uses] = await Promise.all([keys.list(), keyUse.latest()]);
    const oldestFirst = all.toSorted((left, right) => left.createdAt - right.createdAt);
    return c.json(
      {
        keys: oldestFirst.map((key) => {
          const lastUsedAt = uses.get(key.id);
          return { ...toAnswer(key), ...(lastUsedAt !== undefined && { lastUsedAt: toIso(lastUsedAt) }) };
        }),
      },
      200,
    );
  });

  app.openapi(create, async (c) => {
    const wanted = c.req.valid('json');
    const all = await keys.list();
    if (all.some(({ id }) => id === keyIdOf(c.var.change))) throw madeBefore();
    const active = all.filter(({ revokedAt }) => revokedAt === undefined);
    if (active.length >= ACTIVE_KEYS_MAX) {
      throw new ApiError(
        'not_possible',
        `There are ${String(ACTIVE_KEYS_MAX)} keys in use, which is the limit: revoke one first.`,
      );
    }
    const secret = newApiKeySecret(wanted.scope);
    const created = await keys.create(secret, wanted, c.var.change, now());
    if (created === undefined) throw madeBefore();
    return c.json({ ...toAnswer(created), secret }, 201);
  });

  app.openapi(change, async (c) => {
    const { keyId } = c.req.valid('param');
    const { signatureSecrets } = c.req.valid('json');
    const known = (await keys.list()).find(({ id }) => id === keyId);
    if (known === undefined) throw unknownKey();
    if (known.scope !== 'ingest')
      throw new ApiError(
        'not_possible',
        'Only ingest keys have signature secrets: Segment signs what it sends.',
      );
    await keys.setSignatureSecrets(keyId, signatureSecrets);
    const { signatureSecretCount: _, ...key } = known;
    const signatureSecretCount = signatureSecrets.length;
    return c.json(toAnswer({ ...key, ...(signatureSecretCount > 0 && { signatureSecretCount }) }), 200);
  });

  app.openapi(revoke, async (c) => {
    const { keyId } = c.req.valid('param');
    if (!/^key_[0-9a-f]{16}$/.test(keyId) || !(await keys.revoke(keyId, now()))) throw unknownKey();
    return c.body(null, 204);
  });
}

const madeBefore = (): ApiError =>
  new ApiError(
    'answer_not_kept',
    'This request has made its key in an attempt before, and nobody knows the secret of it: revoke it, and create another with a new Idempotency-Key.',
  );

const unknownKey = (): ApiError =>
  new ApiError('not_found', 'There is no key with this id: GET /api/keys lists all of them.');

const toAnswer = ({ id, name, scope, prefix, createdAt, revokedAt, signatureSecretCount }: ApiKey) => ({
  id,
  name,
  scope,
  prefix,
  createdAt: toIso(createdAt),
  ...(revokedAt !== undefined && { revokedAt: toIso(revokedAt) }),
  ...(signatureSecretCount !== undefined && { signatureSecretCount }),
});
