import { connect, type Socket } from 'node:net';

// What sends requests and waits for their answers, and nothing else: whoever measures a pipeline shares its two cores, and
// Node's HTTP client takes a tenth of them at the rate of single events.

const HEAD_END = '\r\n\r\n';

export interface Endpoint {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Connections that stay open, so many at most; what comes while all of them wait for an answer waits, too. */
export class Connections {
  private readonly endpoint: Endpoint;
  private readonly connectionsMax: number;
  private readonly idle: Connection[] = [];
  private readonly waiting: ((connection: Connection) => void)[] = [];
  private readonly all = new Set<Connection>();

  constructor(endpoint: Endpoint, connectionsMax: number) {
    this.endpoint = endpoint;
    this.connectionsMax = connectionsMax;
  }

  /** Posts JSON; answers the status when all of the answer is there. Throws where the connection ends before. */
  async post(body: string): Promise<number> {
    const connection = await this.take();
    try {
      const status = await connection.post(body);
      this.give(connection);
      return status;
    } catch (error) {
      this.all.delete(connection);
      throw error;
    }
  }

  close(): void {
    for (const connection of this.all) connection.close();
  }

  private async take(): Promise<Connection> {
    const free = this.idle.pop();
    if (free !== undefined) return free;
    if (this.all.size >= this.connectionsMax)
      return await new Promise((resolve) => this.waiting.push(resolve));
    const made = new Connection(this.endpoint);
    this.all.add(made);
    return made;
  }

  private give(connection: Connection): void {
    const next = this.waiting.shift();
    if (next === undefined) this.idle.push(connection);
    else next(connection);
  }
}

/** One request at a time. */
class Connection {
  private readonly socket: Socket;
  private readonly head: string;
  private received = '';
  private settle: { resolve: (status: number) => void; reject: (error: Error) => void } | undefined;

  constructor({ url, path, headers }: Endpoint) {
    const { hostname, port, host } = new URL(url);
    const lines = Object.entries({ host, 'content-type': 'application/json', ...headers });
    this.head = `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text: string) => {
      this.received += text;
      this.read();
    });
    this.socket.on('error', (error) => this.settle?.reject(error));
    this.socket.on('close', () => this.settle?.reject(new Error('The connection ended before the answer.')));
  }

  async post(body: string): Promise<number> {
    return await new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.write(`${this.head}content-length: ${Buffer.byteLength(body)}${HEAD_END}${body}`);
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private read(): void {
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.slice(0, headEnd);
    // The gateway says how long each answer is.
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? NaN);
    if (Number.isNaN(length)) throw new Error(`An answer of unknown length: ${head}`);
    if (this.received.length < headEnd + HEAD_END.length + length) return;
    this.received = '';
    const settle = this.settle;
    this.settle = undefined;
    settle?.resolve(Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
  }
}
