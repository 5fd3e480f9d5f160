import { Agent, request } from 'node:http';

// One request in AWS's JSON protocol, without a client that would repeat, correct or interpret anything.

export interface ServiceAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface JsonService {
  call(target: string, body: unknown): Promise<ServiceAnswer>;
  close(): void;
}

/** Emulators look at the form of a signature at most. */
const AUTHORIZATION = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`;

export function jsonService(service: 'dynamodb' | 'sqs', endpoint: string): JsonService {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  return {
    call: (target, body) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body);
        const sent = request(
          endpoint,
          {
            method: 'POST',
            agent,
            headers: {
              'content-type': 'application/x-amz-json-1.0',
              'content-length': Buffer.byteLength(text),
              'x-amz-target': target,
              'x-amz-date': '20261123T120000Z',
              authorization: AUTHORIZATION(service),
            },
          },
          (response) => {
            let said = '';
            response.setEncoding('utf8').on('data', (part: string) => (said += part));
            response.on('end', () => {
              resolve({ status: response.statusCode ?? 0, body: said === '' ? {} : JSON.parse(said) });
            });
            response.on('error', reject);
          },
        );
        sent.on('error', reject);
        sent.end(text);
      }),
    close: () => {
      agent.destroy();
    },
  };
}
