// Where everything that the runtime and its functions have to say goes. The runtime never writes to the console itself:
// main.ts does, tests collect.

export interface LogEntry {
  /** `runtime`, or the name of the function that wrote the line. */
  readonly source: string;
  /** `debug` is shown with TALLYHOOK_DEBUG=1 only; a function's own lines are `output`. */
  readonly level: 'debug' | 'info' | 'warn' | 'output';
  readonly text: string;
}

export type LogSink = (entry: LogEntry) => void;
