import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { codeOf, reasonOf } from '../caught.ts';
import type { Outcome } from '../functions/execution-environment.ts';
import { type FunctionPool, ThrottledError } from '../functions/function-pool.ts';
import type { LogSink } from '../log.ts';
import { StartError } from '../start-error.ts';
import type { UrlPlan } from '../template/plan.ts';
import { corsHeaders, preflightHeaders } from './cors.ts';
import { BodyReader } from './request-body.ts';
import { isAmbiguous } from './ambiguous-request.ts';
import { type Route, routeOf } from './routes.ts';
import { toUrlEvent } from './url-event.ts';
import { toUrlResponse } from './url-response.ts';

// All Function URLs of the template on one port of this machine, told apart by the paths that the template gives each.
// It listens before anything else is started, so that a taken port is noticed first, and answers 503 until `open`.

/** Of a request or a response to a function (Lambda's limit for synchronous invocations). */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024;
const WAITING_BYTES_MAX = 128 * 1024 * 1024;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTIONS_MAX = 2_000;
/** Longer than senders pause: one that reuses a connection in the moment of its closing sees a reset. */
const KEEP_ALIVE_MS = 65_000;
/** How much of a refused body is still read, so that the sender gets to read the answer. */
const DRAIN_BYTES_MAX = 64 * 1024 * 1024;
const DRAIN_MS = 5_000;

export interface UrlTarget {
  readonly url: UrlPlan;
  readonly functionName: string;
  readonly pool: FunctionPool;
}

export interface Gateway {
  /** Without a trailing slash. */
  readonly url: string;
  open(targets: readonly UrlTarget[]): void;
  /** Stops accepting, lets requests in progress be answered for at most this long, then ends every connection. */
  close(graceMs: number): Promise<void>;
}

interface GatewayOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly log: LogSink;
}

const PROBLEMS = {
  too_large: {
    status: 413,
    code: 'payload_too_large',
    message:
      'The request is larger than 6 MB: lower the batch size, so that each request carries fewer events. A single event that is so large has to be sent with fewer or shorter properties.',
  },
  overloaded: {
    status: 503,
    code: 'unavailable',
    message: 'Too many large requests are waiting: send this one again in a moment.',
  },
  starting: {
    status: 503,
    code: 'unavailable',
    message: 'Tallyhook is starting or stopping: send this again in a moment.',
  },
  throttled: {
    status: 429,
    code: 'throttled',
    message: 'Too many requests at once: send this one again in a moment.',
  },
  ambiguous: {
    status: 400,
    code: 'invalid_request',
    message:
      'The request can be read in two ways: send a path that begins with /, one Host header with a name and a port, and no Transfer-Encoding but chunked.',
  },
  no_route: { status: 404, code: 'not_found', message: 'No function serves this path.' },
  failed: {
    status: 502,
    code: 'internal_error',
    message: 'The function that serves this path failed; the console in which Tallyhook runs says why.',
  },
} as const;

export async function startGateway({ port, log }: GatewayOptions): Promise<Gateway> {
  const bodies = new BodyReader(PAYLOAD_BYTES_MAX, WAITING_BYTES_MAX);
  const busy = new Set<ServerResponse>();
  let routes: readonly Route<UrlTarget>[] | undefined;

  async function serve(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): Promise<void> {
    if (isAmbiguous(request)) {
      response.setHeader('connection', 'close');
      refuse(request, response, 'ambiguous');
      return;
    }
    // Nothing here speaks another protocol, and whatever follows may be written in it.
    if (request.headers.upgrade !== undefined) response.setHeader('connection', 'close');
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (routes === undefined) {
      refuse(request, response, 'starting');
      return;
    }
    const target = routeOf(routes, path);
    if (target === undefined) {
      refuse(request, response, 'no_route');
      return;
    }
    const { origin } = request.headers;
    if (request.method === 'OPTIONS') {
      const preflight = preflightHeaders(target.url.cors, origin);
      if (preflight !== undefined) {
        response.writeHead(200, preflight.flat());
        response.end();
        return;
      }
    }
    const refusal = bodies.refusalOf(request);
    if (refusal !== undefined) {
      refuse(request, response, refusal);
      return;
    }
    if (expectsContinue) response.writeContinue();
    const reading = await bodies.read(request);
    if ('problem' in reading) {
      if (reading.problem === 'aborted') response.destroy();
      else refuse(request, response, reading.problem);
      return;
    }
    try {
      const event = toUrlEvent(request, reading.body, target.url.logicalId);
      // Bytes that travel as base64 are a third larger, and it is the event that Lambda measures.
      if ('body' in event && String(event['body']).length > PAYLOAD_BYTES_MAX) {
        refuse(request, response, 'too_large');
        return;
      }
      const outcome = await target.pool.invoke(event);
      answer(response, target, outcome, origin);
    } catch (error) {
      if (!(error instanceof ThrottledError)) throw error;
      refuse(request, response, 'throttled');
    } finally {
      bodies.release(reading.body);
    }
  }

  function answer(
    response: ServerResponse,
    { url, functionName }: UrlTarget,
    outcome: Outcome,
    origin: string | undefined,
  ): void {
    if (!outcome.ok && outcome.error.errorType === 'Runtime.Stopping') {
      send(response, PROBLEMS.starting);
      return;
    }
    const result = outcome.ok ? toUrlResponse(outcome.payload) : undefined;
    if (result === undefined) {
      const reason = outcome.ok
        ? 'its answer is no HTTP response'
        : `${outcome.error.errorType}: ${outcome.error.errorMessage}`;
      log({
        source: 'runtime',
        level: 'warn',
        text: `${functionName} failed to answer a request (${reason}).`,
      });
      send(response, PROBLEMS.failed);
      return;
    }
    const headers = [...result.headers, ...corsHeaders(url.cors, origin)];
    response.writeHead(result.status, [...headers.flat(), 'content-length', String(result.body.length)]);
    response.end(result.body);
  }

  const listener = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    busy.add(response);
    response.once('close', () => busy.delete(response));
    // A client that goes away in the middle is nobody's fault.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    serve(request, response, expectsContinue).catch((error: unknown) => {
      const reason = reasonOf(error);
      log({ source: 'runtime', level: 'warn', text: `The gateway failed on a request: ${reason}` });
      if (!response.headersSent) send(response, PROBLEMS.failed);
    });
  };
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS });
  server.maxConnections = CONNECTIONS_MAX;
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('request', (request, response) => {
    listener(request, response, false);
  });
  server.on('checkContinue', (request, response) => {
    listener(request, response, true);
  });
  const url = await listen(server, port);

  return {
    url,
    open: (targets) => {
      routes = targets.flatMap((target) => target.url.paths.map((pattern) => ({ pattern, target })));
    },
    close: async (graceMs) => {
      routes = undefined;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      for (const response of busy) if (!response.headersSent) response.setHeader('connection', 'close');
      const hard = setTimeout(() => {
        server.closeAllConnections();
      }, graceMs);
      await closed;
      clearTimeout(hard);
    },
  };
}

/** Answers without having read all of the request. */
function refuse(request: IncomingMessage, response: ServerResponse, problem: keyof typeof PROBLEMS): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
  if (request.complete || !hasBody) {
    send(response, PROBLEMS[problem]);
    return;
  }
  // The sender is still sending. Closing the connection now would reset it, and the answer would be lost on the way. So
  // the answer goes out whole, but is not ended, while what comes is read and dropped for a while.
  response.setHeader('connection', 'close');
  response.write(writeProblem(response, PROBLEMS[problem]));
  let drained = 0;
  const end = (): void => {
    clearTimeout(patience);
    response.end();
  };
  const patience = setTimeout(end, DRAIN_MS);
  request.on('data', (chunk: Buffer) => {
    drained += chunk.length;
    if (drained > DRAIN_BYTES_MAX) end();
  });
  request.once('end', end);
  request.once('close', end);
  request.resume();
}

type Problem = (typeof PROBLEMS)[keyof typeof PROBLEMS];

function send(response: ServerResponse, problem: Problem): void {
  response.end(writeProblem(response, problem));
}

/** Writes the head, and returns the body. */
function writeProblem(response: ServerResponse, { status, code, message }: Problem): string {
  const body = JSON.stringify({ code, message });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    // A browser that may not read the answer would not learn what to do.
    'access-control-allow-origin': '*',
    ...(status === 429 || status === 503 ? { 'retry-after': '1' } : {}),
  });
  return body;
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(problemOf(error, port));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  return `http://127.0.0.1:${address.port}`;
}

function problemOf(error: Error, port: number): Error {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} is taken by another program: stop that program, or choose another port, for example PORT=${port + 1} npm start.`,
    );
  }
  if (code === 'EACCES') {
    return new StartError(
      `Port ${port} may not be used without more rights: choose one above 1023, for example PORT=4400 npm start.`,
    );
  }
  return error;
}
