import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import type * as ActionsCore from '@segment/actions-core';

// Segment's own webhook destination, on Segment's own framework: what it sends here is what it sends in production. Only
// its definition is written out, because Segment publishes the framework and not the destinations
// (action-destinations, packages/destination-actions/src/destinations/webhook/); left out are field labels, and the refusal
// of addresses in private networks, which a test cannot do without.

export interface WebhookSettings {
  readonly sharedSecret?: string;
  readonly useSegmentSignatureHeader?: boolean;
}

interface WebhookPayload {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Record<string, string>;
  readonly data?: Record<string, unknown>;
}

const definition: ActionsCore.DestinationDefinition<WebhookSettings> = {
  name: 'Webhook',
  slug: 'actions-webhook',
  mode: 'cloud',
  authentication: {
    scheme: 'custom',
    fields: {
      sharedSecret: { type: 'password', label: 'Shared Secret', description: '' },
      useSegmentSignatureHeader: {
        type: 'boolean',
        label: 'Use X-Segment-Signature Header',
        description: '',
      },
    },
  },
  extendRequest: ({ settings, payload }) => {
    if (settings.sharedSecret === undefined) return {};
    const data = Array.isArray(payload) ? payload.map(dataOf) : dataOf(payload);
    const all = settings.useSegmentSignatureHeader === true;
    const signed: unknown = all || !Array.isArray(data) ? data : data[0];
    if (signed === undefined) return {};
    const digest = createHmac('sha1', settings.sharedSecret)
      .update(JSON.stringify(signed), 'utf8')
      .digest('hex');
    return { headers: { [all ? 'X-Segment-Signature' : 'X-Signature']: digest } };
  },
  actions: {
    send: {
      title: 'Send',
      description: '',
      fields: {
        url: { label: 'URL', description: '', type: 'string', required: true, format: 'uri' },
        method: { label: 'Method', description: '', type: 'string', default: 'POST', required: true },
        batch_size: { label: 'Batch Size', description: '', type: 'number', default: 0 },
        headers: { label: 'Headers', description: '', type: 'object', defaultObjectUI: 'keyvalue:only' },
        data: { label: 'Data', description: '', type: 'object', default: { '@path': '$.' } },
      },
      perform: (request, { payload }: { payload: WebhookPayload }) =>
        request(payload.url, {
          method: payload.method,
          ...(payload.headers !== undefined && { headers: payload.headers }),
          json: payload.data,
        }),
      performBatch: (request, { payload }: { payload: WebhookPayload[] }) => {
        const [first] = payload;
        if (first === undefined) throw new Error('A batch without events');
        return request(first.url, {
          method: first.method,
          ...(first.headers !== undefined && { headers: first.headers }),
          json: payload.map(({ data }) => data),
        });
      },
    },
  },
};

/** The package's ES modules cannot be loaded by Node, its CommonJS ones can. */
function actionsCore(): typeof ActionsCore {
  const loaded: unknown = createRequire(import.meta.url)('@segment/actions-core');
  if (!isActionsCore(loaded)) throw new Error('@segment/actions-core does not have what it had.');
  return loaded;
}

const isActionsCore = (value: unknown): value is typeof ActionsCore =>
  isRecord(value) && 'Destination' in value;

const dataOf = (payload: unknown): unknown => (isRecord(payload) ? payload['data'] : undefined);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export interface WebhookMapping {
  readonly url: string;
  readonly method?: 'POST' | 'PUT' | 'PATCH';
  readonly headers?: Record<string, string>;
  /** Which part of the event is sent. */
  readonly data?: ActionsCore.JSONValue;
}

/** A destination with one mapping per entry, each triggered by everything. */
export function webhookDestination(mappings: readonly WebhookMapping[], settings: WebhookSettings = {}) {
  const { Destination } = actionsCore();
  const destination = new Destination(definition);
  const subscriptions = mappings.map(({ url, method = 'POST', headers, data = { '@path': '$.' } }) => ({
    enabled: true,
    partnerAction: 'send',
    subscribe: 'type = "track" or type = "identify" or type = "page"',
    mapping: { url, method, data, ...(headers !== undefined && { headers }) },
  }));
  const all: ActionsCore.JSONObject = { ...settings, subscriptions };
  return {
    send: (event: ActionsCore.SegmentEvent) => destination.onEvent(event, all),
    sendBatch: (events: ActionsCore.SegmentEvent[]) => destination.onBatch(events, all),
  };
}
