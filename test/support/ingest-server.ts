import { createServer, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { toUrlEvent } from '../../local/gateway/url-event.ts';
import { toUrlResponse } from '../../local/gateway/url-response.ts';
import type { Answer } from '../../functions/ingest/http-answer.ts';

// The ingest function behind a real HTTP server, so that real clients can talk to it: each request becomes the event of a
// Function URL, as in the local runtime, and is written down as it came.

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** The status that it was answered with. */
  readonly status: number;
  readonly answer: string;
}

export interface IngestServer {
  readonly url: string;
  readonly port: number;
  readonly seen: SeenRequest[];
  /** Answers the next request with this instead; ingest does not see it. */
  interrupt(answer: Answer): void;
  /** Hands the next request to ingest, and answers with this instead of what it said. */
  loseAnswer(answer: Answer): void;
  stop(): Promise<void>;
}

export async function startIngestServer(
  ingest: (event: APIGatewayProxyEventV2) => Promise<Answer>,
): Promise<IngestServer> {
  const seen: SeenRequest[] = [];
  const interruptions: { readonly answer: Answer; readonly reachesIngest: boolean }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const body = await readAll(request);
      const event = toFunctionUrlEvent(request, body);
      const interruption = interruptions.shift();
      const said = interruption?.reachesIngest === false ? undefined : await ingest(event);
      const answer = interruption?.answer ?? said;
      const result = toUrlResponse(JSON.stringify(answer));
      if (result === undefined) throw new Error('The function gave no HTTP answer.');
      const { method = '', url = '', headers } = request;
      seen.push({
        method,
        path: url,
        headers,
        body,
        status: result.status,
        answer: result.body.toString('utf8'),
      });
      response.writeHead(result.status, result.headers.flat());
      response.end(result.body);
    })().catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    port: address.port,
    seen,
    interrupt: (answer) => void interruptions.push({ answer, reachesIngest: false }),
    loseAnswer: (answer) => void interruptions.push({ answer, reachesIngest: true }),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends exactly these headers and bytes. Without a content-length header the body goes out in chunks. */
export async function sendRaw(
  server: Pick<IngestServer, 'port'>,
  { body, ...options }: RequestOptions & { readonly body?: Uint8Array | undefined },
): Promise<WireAnswer> {
  return await new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port: server.port, agent: false, ...options },
      (response) => {
        readAll(response).then(
          (bytes) =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              text: bytes.toString('utf8'),
            }),
          reject,
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The gateway's event has the shape of a Function URL's, as its own tests show; its type is that of plain JSON. */
function toFunctionUrlEvent(request: IncomingMessage, body: Buffer): APIGatewayProxyEventV2 {
  const made: unknown = JSON.parse(JSON.stringify(toUrlEvent(request, body, 'ingest')));
  if (!isFunctionUrlEvent(made)) throw new Error('The gateway made no event of a Function URL.');
  return made;
}

const isFunctionUrlEvent = (value: unknown): value is APIGatewayProxyEventV2 =>
  typeof value === 'object' && value !== null && 'rawPath' in value && 'requestContext' in value;
