import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

// The customer lists of Stripe and Chargebee on this machine: their paging, their errors, their shapes, as far as a list
// goes. Each request may be refused first; what the stub then answers is decided by the test.

export interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ProviderStub {
  readonly port: number;
  /** Oldest first; what tests change is what the next request sees. */
  readonly customers: Record<string, unknown>[];
  /** Answers, one each, that come before any page. */
  readonly refusals: Refusal[];
  readonly requests: URL[];
  readonly keys: (string | undefined)[];
  close(): Promise<void>;
}

type Answer = (customers: readonly Record<string, unknown>[], query: URLSearchParams) => Refusal;

async function startStub(path: string, answer: Answer): Promise<ProviderStub> {
  const customers: Record<string, unknown>[] = [];
  const refusals: Refusal[] = [];
  const requests: URL[] = [];
  const keys: (string | undefined)[] = [];
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    requests.push(url);
    keys.push(request.headers.authorization);
    const { status, headers, body } =
      refusals.shift() ??
      (url.pathname === path ? answer(customers, url.searchParams) : { status: 404, body: { error: {} } });
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  return {
    port: address.port,
    customers,
    refusals,
    requests,
    keys,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** https://docs.stripe.com/api/customers/list, https://docs.stripe.com/api/pagination */
export const startStripe = (): Promise<ProviderStub> =>
  startStub('/v1/customers', (all, query) => {
    const createdMax = Number(query.get('created[lte]') ?? Infinity);
    const newestFirst = [...all].reverse().filter(({ created }) => Number(created) <= createdMax);
    const after = query.get('starting_after');
    const at = after === null ? -1 : newestFirst.findIndex(({ id }) => id === after);
    if (after !== null && at < 0) {
      const message = `No such customer: '${after}'`;
      const error = {
        type: 'invalid_request_error',
        code: 'resource_missing',
        param: 'starting_after',
        message,
      };
      return { status: 400, body: { error } };
    }
    const limit = Number(query.get('limit') ?? 10);
    const data = newestFirst.slice(at + 1, at + 1 + limit);
    const more = at + 1 + limit < newestFirst.length;
    return { status: 200, body: { object: 'list', url: '/v1/customers', has_more: more, data } };
  });

/** https://apidocs.chargebee.com/docs/api/customers#list_customers, https://apidocs.chargebee.com/docs/api#pagination_and_filtering */
export const startChargebee = (): Promise<ProviderStub> =>
  startStub('/api/v2/customers', (all, query) => {
    const limit = Number(query.get('limit') ?? 10);
    const offset = query.get('offset');
    const at = offset === null ? 0 : Number(/^\["(\d+)"\]$/.exec(offset)?.[1] ?? NaN);
    if (Number.isNaN(at)) {
      return {
        status: 400,
        body: { api_error_code: 'param_wrong_value', param: 'offset', message: 'offset : invalid' },
      };
    }
    const list = all.slice(at, at + limit).map((customer) => ({ customer }));
    const next = at + limit < all.length && { next_offset: `["${String(at + limit)}"]` };
    return { status: 200, body: { list, ...next } };
  });

export const stripeCustomer = (n: number, more: object = {}) => ({
  id: `cus_${String(n)}`,
  object: 'customer',
  created: 1_700_000_000 + n,
  email: `user-${String(n)}@example.com`,
  name: `Name ${String(n)}`,
  livemode: false,
  metadata: {},
  ...more,
});

export const chargebeeCustomer = (n: number, more: object = {}) => ({
  id: `cb-${String(n)}`,
  object: 'customer',
  created_at: 1_700_000_000 + n,
  email: `user-${String(n)}@example.com`,
  first_name: 'Name',
  last_name: String(n),
  deleted: false,
  ...more,
});
