import type { Random } from '../random.ts';
import type { JsonRecord } from '../wire-item.ts';

// What is sent to a queue: what SQS takes, and what it refuses as a message or as a batch.

export interface Sending {
  readonly name: 'SendMessage' | 'SendMessageBatch';
  /** Without the queue. */
  readonly request: JsonRecord;
}

// Left out, because the embedded SQS differs from AWS: characters above U+FFFF, which it refuses, and an empty message in a
// batch, which it takes. The project's messages are hashes in JSON.
const BODIES = [
  '{"v":1,"k":["a"]}',
  'é \u2028',
  'tab\tnewline\nreturn\r',
  '\u007f\u0085',
  '\u0000',
  '\u0008',
  '\u001f',
  '\ufffe',
  '\uffff',
] as const;
const LIMIT_BYTES = 1024 * 1024;

export function sending(random: Random): Sending {
  const body = (): string => {
    if (random.chance(0.6)) return `{"v":1,"k":["${String(random.below(1_000_000))}"]}`;
    if (random.chance(0.02)) return 'x'.repeat(LIMIT_BYTES + random.below(2));
    return random.pick(BODIES);
  };
  if (random.chance(0.5))
    return { name: 'SendMessage', request: { MessageBody: random.chance(0.02) ? '' : body() } };
  const count = random.chance(0.1) ? random.pick([0, 11]) : random.between(1, 10);
  const isCareless = random.chance(0.1);
  return {
    name: 'SendMessageBatch',
    request: {
      Entries: Array.from({ length: count }, (_, index) => ({
        Id: isCareless ? 'same' : String(index),
        MessageBody: random.chance(0.9) ? `message ${String(random.below(1_000_000))}` : body(),
      })),
    },
  };
}
