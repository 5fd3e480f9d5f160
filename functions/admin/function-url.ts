import { handle, type LambdaEvent } from 'hono/aws-lambda';
import type { AdminApp } from './dependencies.ts';

// From a Function URL's event to the app and back. The Request class refuses two things that HTTP allows: a GET with a
// body, and methods such as TRACE. The first is read without its body, which means nothing there; for the second any
// method that no route takes gives the right answer.

const WITHOUT_BODY = new Set(['GET', 'HEAD']);
const REFUSED_BY_REQUEST = new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Payload format 2.0, as the library types it. */
export type FunctionUrlEvent = Extract<LambdaEvent, { rawPath: string }>;

export function functionUrlHandler(app: AdminApp) {
  const answer = handle(app);
  return async (event: FunctionUrlEvent) => await answer(readable(event));
}

function readable(event: FunctionUrlEvent): FunctionUrlEvent {
  const { requestContext } = event;
  const method = requestContext.http.method.toUpperCase();
  return {
    ...event,
    body: WITHOUT_BODY.has(method) ? null : event.body,
    requestContext: {
      ...requestContext,
      http: { ...requestContext.http, method: REFUSED_BY_REQUEST.has(method) ? 'OPTIONS' : method },
    },
  };
}
