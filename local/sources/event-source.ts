/** Something that invokes functions on its own: a queue, a stream, a timer. */
export interface EventSource {
  /** Stops asking for more, and settles when what it began is finished. */
  stop(): Promise<void>;
}

/** Waits, and settles early (without an error) when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
