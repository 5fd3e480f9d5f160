import type { ItemResult } from './accept-events.ts';
import { failure, json, type Answer } from './http-answer.ts';

// What became of each event, as the answer that the senders of a dialect understand. `many`: the request was an array or a
// batch, even if of one.

/**
 * Exactly 200 and an object for everything that could be read. Some SDKs give an event up on other answers, some repeat
 * it for ever on other 2xx; what was refused is in the live feed.
 */
export function trackingAnswer(many: boolean, results: readonly ItemResult[]): Answer {
  const [only] = results;
  // Segment's own API answers 400 to what is too large.
  if (!many && only?.code === 'event_too_large') return failure(400, only.code, only.message ?? '');
  return json(200, { success: true });
}

/**
 * The true status of one event. Segment gives every event of a batch the one status of the answer: a 400 for one bad
 * event would drop all of them, so a batch fails only when nothing in it is valid.
 */
export function webhookAnswer(many: boolean, results: readonly ItemResult[]): Answer {
  const [only] = results;
  if (!many && only !== undefined && only.status !== 200) {
    return json(only.status, { success: false, code: only.code, message: only.message, results });
  }
  if (results.every(({ status }) => status !== 200) && results.some(({ status }) => status === 400)) {
    const message = 'No event of this batch is valid: see results for the reason of each.';
    return json(400, { success: false, code: 'no_valid_event', message, results });
  }
  return json(200, { success: true, results });
}
