/**
 * Lambda writes the message of an error that a handler throws into the log, and a message may quote what somebody sent: an
 * AWS error names items, a parser the text. What leaves a handler through here says what and where, and quotes nothing.
 */
export function quietErrors<Arguments extends readonly unknown[], Result>(
  handler: (...given: Arguments) => Promise<Result>,
): (...given: Arguments) => Promise<Result> {
  return async (...given) => {
    try {
      return await handler(...given);
    } catch (error) {
      throw quiet(error);
    }
  };
}

function quiet(error: unknown): Error {
  const name = error instanceof Error ? error.name : 'unknown';
  const said = new Error(`${name} (without its message, which may quote an event)`);
  const places = /^ {4}at .*$/gm;
  const found = error instanceof Error ? (error.stack?.match(places) ?? []) : [];
  said.name = name;
  said.stack = [`${name}: ${said.message}`, ...found].join('\n');
  return said;
}
