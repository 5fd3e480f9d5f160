import { createServer, type Server, type Socket, connect } from 'node:net';
import type { SqsAnswer } from '../engines/sqs-answer.ts';
import type { SqsEngine } from '../engines/sqs-engine.ts';
import type { Access } from './access.ts';
import type { Secrets } from './secrets.ts';
import { type Service, serviceCallOf } from './service-call.ts';

// Every call that a function makes to AWS comes through here. The access key id says which function calls; its role says
// whether it may. Allowed calls go to the engine, denied ones get AWS's answer.
//
// This stands in the path of every read and write, so it works on sockets: it reads the head of a request as text, keeps
// the body as bytes, and passes the engine's answer through unseen, over one connection to the engine for each connection
// from a function; the embedded SQS, a thread of this process, is asked without a connection. Callers are our own functions with the AWS SDK: HTTP/1.1, a content length, one request at a time.

export interface ServiceProxy {
  readonly url: string;
  /** Begins to serve. Its URL is part of what functions are given, and so is known before there are functions. */
  open(guards: Guards): void;
  close(): Promise<void>;
}

interface Guards {
  readonly access: Access;
  readonly secrets: Secrets;
}

interface ProxyOptions {
  readonly upstreams: Readonly<Record<'dynamodb' | 'sqs', Upstream>>;
  /** The embedded SQS, asked without a connection. @default over its upstream */
  readonly callSqs?: SqsEngine['call'] | undefined;
  /** Whether the disk of the engines has no room for anything new. */
  readonly isDiskShort: () => boolean;
}

export interface Upstream {
  readonly host: string;
  readonly port: number;
  /** An engine that is not ours may keep the data of each access key id apart (DynamoDB Local does): all calls use one. */
  readonly accessKeyId: string | undefined;
}

const HEAD_BYTES_MAX = 64 * 1024;
const BODY_BYTES_MAX = 20 * 1024 * 1024;
/** Operations that store nothing. */
const READS = /^(Get|BatchGet|Query|Scan)/;
const HEAD_END = '\r\n\r\n';

export async function startServiceProxy(options: ProxyOptions): Promise<ServiceProxy> {
  const sockets = new Set<Socket>();
  let guards: Guards | undefined;
  const server: Server = createServer({ noDelay: true }, (socket) => {
    if (guards === undefined) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new ClientConnection(socket, { ...options, ...guards });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('A TCP server without a port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    open: (given) => {
      guards = given;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

class ClientConnection {
  private readonly client: Socket;
  private readonly options: ProxyOptions & Guards;
  private readonly upstreams = new Map<Service, Socket>();
  private chunks: Buffer[] = [];
  private size = 0;
  /** Of the whole request, once its head is read. */
  private expectedSize = 0;

  constructor(client: Socket, options: ProxyOptions & Guards) {
    this.client = client;
    this.options = options;
    client.on('data', (chunk: Buffer) => {
      this.chunks.push(chunk);
      this.size += chunk.length;
      if (this.size >= this.expectedSize) this.handleReceived();
    });
    client.on('error', () => {
      // The function's process is gone, or gave up waiting. Its `close` follows.
    });
    client.once('close', () => {
      for (const upstream of this.upstreams.values()) upstream.destroy();
    });
  }

  private handleReceived(): void {
    const [first] = this.chunks;
    const received =
      this.chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.chunks, this.size);
    this.chunks = [received];
    const headEnd = received.indexOf(HEAD_END);
    if (headEnd < 0) {
      if (received.length > HEAD_BYTES_MAX) this.client.destroy();
      return;
    }
    const head = received.toString('latin1', 0, headEnd);
    const bodyStart = headEnd + HEAD_END.length;
    const bodyLength = Number(headerOf(head, 'content-length') ?? 'NaN');
    if (!(bodyLength <= BODY_BYTES_MAX)) {
      // The SDK always knows the length of what it sends; anything else does not come from it.
      this.answer(400, {
        __type: 'SerializationException',
        message: 'A content-length of at most 20 MB is needed.',
      });
      this.client.end();
      return;
    }
    this.expectedSize = bodyStart + bodyLength;
    if (received.length < this.expectedSize) return;
    this.chunks = [];
    this.size = 0;
    this.expectedSize = 0;
    this.handle(head, received, bodyStart);
  }

  private handle(head: string, request: Buffer, bodyStart: number): void {
    const body = request.subarray(bodyStart);
    const credential = /credential=([^/\s]+)\//i.exec(headerOf(head, 'authorization') ?? '')?.[1];
    if (credential === undefined || !this.options.access.knows(credential)) {
      this.answer(400, {
        __type: 'UnrecognizedClientException',
        message: 'The security token included in the request is invalid.',
      });
      return;
    }
    const call = serviceCallOf(headerOf(head, 'x-amz-target') ?? '', body);
    if (call === undefined) {
      this.answer(400, {
        __type: 'UnknownOperationException',
        message: 'The local runtime has DynamoDB, SQS and Secrets Manager only.',
      });
      return;
    }
    if (call.needs === undefined) {
      this.answer(400, {
        __type: 'AccessDeniedException',
        message: this.options.access.refusalOfUnknown(credential, `${call.service}:${call.operation}`),
      });
      return;
    }
    for (const { action, resource } of call.needs) {
      const message = this.options.access.refusalOf(credential, action, resource);
      if (message === undefined) continue;
      this.answer(400, {
        __type: 'com.amazon.coral.service#AccessDeniedException',
        Message: message,
        message,
      });
      return;
    }
    if (call.service === 'secretsmanager') {
      const { status, body: answer } = this.options.secrets.answer(call.operation, body);
      this.answer(status, answer);
      return;
    }
    const { accessKeyId } = this.options.upstreams[call.service];
    // Engines that are not ours have a disk of their own.
    if (accessKeyId === undefined && !READS.test(call.operation) && this.options.isDiskShort()) {
      this.answer(503, {
        __type: 'com.amazonaws#ServiceUnavailable',
        message: 'The disk is full: nothing is written until there is room.',
      });
      return;
    }
    if (call.service === 'sqs' && this.options.callSqs !== undefined) {
      this.answerFrom(this.options.callSqs(call.operation, body));
      return;
    }
    this.forward(
      call.service,
      accessKeyId === undefined ? request : withAccessKey(head, body, credential, accessKeyId),
    );
  }

  private answerFrom(asked: Promise<SqsAnswer>): void {
    asked.then(
      ({ status, text, queryError }) => {
        this.write(status, text, queryError === undefined ? '' : `x-amzn-query-error: ${queryError}\r\n`);
      },
      () => {
        this.answerNotRunning('sqs');
      },
    );
  }

  private forward(service: 'dynamodb' | 'sqs', request: Buffer): void {
    const existing = this.upstreams.get(service);
    if (existing !== undefined) {
      existing.write(request);
      return;
    }
    const { host, port } = this.options.upstreams[service];
    const upstream = connect({ host, port, noDelay: true });
    this.upstreams.set(service, upstream);
    // Backpressure and all; ending one side must not end the other, which may still have other services to talk to.
    upstream.pipe(this.client, { end: false });
    upstream.on('error', () => {
      // Reported by `close`, below.
    });
    upstream.once('close', () => {
      this.upstreams.delete(service);
      // Nothing came back over this connection: the engine is not there, and the SDK should wait and try again. If
      // something did, an answer may be cut off, which only the end of the connection can say.
      if (upstream.bytesRead > 0) this.client.destroy();
      else this.answerNotRunning(service);
    });
    upstream.write(request);
  }

  /** The SDK waits a little and tries again. */
  private answerNotRunning(service: 'dynamodb' | 'sqs'): void {
    this.answer(503, {
      __type: 'com.amazonaws#ServiceUnavailable',
      message: `The local ${service === 'sqs' ? 'SQS' : 'DynamoDB'} is not running at the moment; it is being started again.`,
    });
  }

  private answer(status: number, body: Readonly<Record<string, unknown>>): void {
    this.write(status, JSON.stringify(body));
  }

  private write(status: number, text: string, headers = ''): void {
    // A function that was ended while it waited reads no answer.
    if (this.client.destroyed) return;
    this.client.write(
      `HTTP/1.1 ${status} ${status === 200 ? 'OK' : 'Error'}\r\ncontent-type: application/x-amz-json-1.1\r\n${headers}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
    );
  }
}

function withAccessKey(head: string, body: Buffer, from: string, to: string): Buffer {
  const changed = head.replace(`redential=${from}/`, `redential=${to}/`);
  return Buffer.concat([Buffer.from(changed + HEAD_END, 'latin1'), body]);
}

/** Names of headers in any case; the value without surrounding spaces. */
function headerOf(head: string, name: string): string | undefined {
  return HEADER_PATTERNS[name]?.exec(head)?.[1];
}

const HEADER_PATTERNS: Readonly<Record<string, RegExp>> = {
  authorization: /\r\nauthorization: *([^\r]*)/i,
  'content-length': /\r\ncontent-length: *(\d+)/i,
  'x-amz-target': /\r\nx-amz-target: *([^\r ]*)/i,
};
