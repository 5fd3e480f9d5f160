/** What the embedded SQS answers to one call. */
export interface SqsAnswer {
  readonly status: number;
  /** The code of an error in SQS's older protocol, which the SDK reads from a header. */
  readonly queryError?: string;
  /** JSON. */
  readonly text: string;
}

/** A call from the thread that started the engine, as it is sent to the engine's. */
export interface SqsCall {
  readonly id: number;
  readonly operation: string;
  readonly body: string;
}
