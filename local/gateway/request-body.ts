import type { IncomingMessage } from 'node:http';

export type BodyReading =
  { readonly body: Buffer } | { readonly problem: 'too_large' | 'overloaded' | 'aborted' };

/**
 * Reads request bodies, each up to a limit, and all together up to another, so that neither one sender nor many can fill
 * the memory of the machine.
 */
export class BodyReader {
  private readonly bytesMax: number;
  private readonly totalBytesMax: number;
  private totalBytes = 0;

  constructor(bytesMax: number, totalBytesMax: number) {
    this.bytesMax = bytesMax;
    this.totalBytesMax = totalBytesMax;
  }

  /** Known before the first byte of the body: the sender may be spared sending it. */
  refusalOf(request: IncomingMessage): 'too_large' | 'overloaded' | undefined {
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced > this.bytesMax) return 'too_large';
    return this.totalBytes + announced > this.totalBytesMax ? 'overloaded' : undefined;
  }

  /** The bytes count against the total until `release` is called with the body. */
  async read(request: IncomingMessage): Promise<BodyReading> {
    return await new Promise((resolve) => {
      const chunks: Buffer[] = [];
      let size = 0;
      let finished = false;
      const finish = (reading: BodyReading): void => {
        if (finished) return;
        finished = true;
        request.off('data', onData);
        if (!('body' in reading)) this.totalBytes -= size;
        resolve(reading);
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.length;
        this.totalBytes += chunk.length;
        if (size > this.bytesMax) finish({ problem: 'too_large' });
        else if (this.totalBytes > this.totalBytesMax) finish({ problem: 'overloaded' });
        else chunks.push(chunk);
      };
      request.on('data', onData);
      request.once('end', () => {
        finish({ body: Buffer.concat(chunks, size) });
      });
      request.once('close', () => {
        finish({ problem: 'aborted' });
      });
    });
  }

  release(body: Buffer): void {
    this.totalBytes -= body.length;
  }
}
