import { AsyncLocalStorage } from 'node:async_hooks';
import { relative } from 'node:path';
import { invocationStorage, type Invocation } from './scheduler.ts';
import type { SimulatedClients } from './simulated-aws.ts';

// Which place in the product a request comes from, read off the stack at the moment that the SDK is asked. All attempts of
// the SDK at one request are one send.

export interface Send {
  /** Counted over the run. Two runs that differ in faults alone agree on it until the first of them. */
  readonly number: number;
  /** The name of the Lambda function. */
  readonly function: string;
  /** Where `send` is called: `adapters/commit.ts:66:20`, as call-sites.ts says it. */
  readonly place: string;
  /** The same with all callers, which tells uses of one store apart. */
  readonly path: string;
  /** Attempts so far. */
  attempts: number;
}

const sendStorage = new AsyncLocalStorage<Send>();

/** The send that this code works for. */
export const currentSend = (): Send | undefined => sendStorage.getStore();

type AnyClient = { send: (...args: never[]) => unknown };

/** From now on, each send of a function is numbered, named and told. */
export function tellSends(
  root: string,
  { dynamo, sqs, secrets }: SimulatedClients,
  onSend: (send: Send) => void,
): void {
  let number = 0;
  for (const client of [dynamo, sqs, secrets] as AnyClient[]) {
    const send = client.send.bind(client);
    client.send = (...args) => {
      const invocation = invocationStorage.getStore();
      if (invocation?.faulty !== true) return send(...args);
      number += 1;
      const places = placesOf(root);
      const own: Send = {
        number,
        function: functionOf(invocation),
        place: places[0] ?? '',
        path: places.map((place) => place.replace(/:\d+$/, '')).join(' < '),
        attempts: 0,
      };
      onSend(own);
      return sendStorage.run(own, () => send(...args));
    };
  }
}

/** Invocations are named after their function, with a number. */
export const functionOf = ({ name }: Invocation): string => name.split(' ')[0] ?? '';

const FRAMES_MAX = 60;

/** Places in the product on the way to here, across `await`, innermost first, each once. */
function placesOf(root: string): readonly string[] {
  const { stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = FRAMES_MAX;
    Error.prepareStackTrace = (_, frames) =>
      frames.map((frame) => {
        const file = relative(root, (frame.getFileName() ?? '').replace(/^file:\/\//, ''));
        return `${file}:${String(frame.getLineNumber())}:${String(frame.getColumnNumber())}`;
      });
    const holder: { stack?: unknown } = {};
    Error.captureStackTrace(holder);
    const places = Array.isArray(holder.stack) ? holder.stack.map(String) : [];
    return [...new Set(places.filter((place) => /^(adapters|functions)\//.test(place)))];
  } finally {
    Object.assign(Error, { prepareStackTrace: undefined, stackTraceLimit });
  }
}
