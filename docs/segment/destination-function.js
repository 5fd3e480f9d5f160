// A Segment Destination Function for Tallyhook: paste it into Segment (Connections > Catalog > Functions > New function >
// Destination) and add two settings: `url` (text: the webhook URL that `cdk deploy` printed, ending in /segment) and
// `ingestKey` (text, marked as sensitive).
//
// What a plain webhook cannot do and this can: an event that Tallyhook does not count is shown as unsupported and not as a
// failure, a wrong event as invalid, and everything that time or a person can mend is repeated by Segment for four hours
// instead of being lost. A wrong key is one of those things.
//
// Segment calls the handlers by their names and provides fetch and the error classes. A handler has five seconds.

/* eslint-disable no-unused-vars -- Segment calls the handlers. */
/* global fetch, EventNotSupported, InvalidEventPayload, RetryError */

const TIMEOUT_MS = 4500;
/** These will not change, however often they are repeated. */
const FINAL = [400, 413];

async function onIdentify(event, settings) {
  await deliver(event, settings);
}

async function onTrack(event, settings) {
  await deliver(event, settings);
}

async function onDelete(event, settings) {
  await deliver(event, settings);
}

async function onPage() {
  throw new EventNotSupported('Tallyhook counts identify and track, not page.');
}

async function onScreen() {
  throw new EventNotSupported('Tallyhook counts identify and track, not screen.');
}

async function onGroup() {
  throw new EventNotSupported('Tallyhook counts identify and track, not group.');
}

async function onAlias() {
  throw new EventNotSupported('Tallyhook counts identify and track, not alias.');
}

/** With many events Segment hands them over together. It repeats those alone whose own status says so. */
async function onBatch(events, settings) {
  const { status, answer } = await post(events, settings);
  if (Array.isArray(answer.results) && answer.results.length === events.length) {
    return answer.results.map((result) =>
      result.status === 200 ? { status: 200 } : { status: result.status, errormessage: result.message },
    );
  }
  throw failure(status, answer.message);
}

async function deliver(event, settings) {
  const { status, answer } = await post(event, settings);
  if (status !== 200) throw failure(status, answer.message);
}

async function post(body, settings) {
  let response;
  try {
    response = await fetch(settings.url, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Basic ${Buffer.from(`${settings.ingestKey}:`).toString('base64')}`,
      },
      body: JSON.stringify(body),
      timeout: TIMEOUT_MS,
      // A redirect would be followed without the event.
      redirect: 'manual',
    });
  } catch (error) {
    throw new RetryError(`Tallyhook could not be reached: ${error.message}`);
  }
  // Something else may answer in its place, with something else than JSON.
  const answer = await response.json().catch(() => ({}));
  return { status: response.status, answer: answer || {} };
}

function failure(status, message) {
  const text = message || `Tallyhook answered ${status}.`;
  if (status === 501) return new EventNotSupported(text);
  if (FINAL.includes(status)) return new InvalidEventPayload(text);
  return new RetryError(text);
}
