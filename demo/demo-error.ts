/** What a person can mend: its message is one sentence that says how, and is all that the demo prints. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
}
