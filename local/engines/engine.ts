/** An embedded DynamoDB or SQS, or an endpoint given by the person. */
export interface Engine {
  /** `http://127.0.0.1:PORT`, or the endpoint given. The same for as long as the runtime runs. */
  readonly endpoint: string;
  /** Of its own process; undefined when it has none. */
  pid(): number | undefined;
  stop(): Promise<void>;
}

export function externalEngine(endpoint: string): Engine {
  return { endpoint, pid: () => undefined, stop: () => Promise.resolve() };
}
