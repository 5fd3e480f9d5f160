/**
 * A problem that the person who ran `npm start` can solve. The message is all they see: one sentence that says what is
 * wrong and what to do. Everything else that is thrown is a fault of ours and keeps its stack.
 */
export class StartError extends Error {
  override readonly name = 'StartError';
}
