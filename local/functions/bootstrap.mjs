// The inside of a function's process: loads the bundle's handler as Lambda's Node runtime does, then handles one
// invocation at a time, sent over IPC. Plain JavaScript without imports of ours, because its start is part of every cold
// start, and nothing but the bundle should be in this process.
//
// Messages in: {id, event, deadlineMs, arn}. Messages out: {type: 'ready'} or {type: 'init-error', error}, then per
// invocation {type: 'result', id, payload} with the answer as JSON text, or {type: 'error', id, error}.

import { existsSync } from 'node:fs';
import { createRequire, enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const RESPONSE_BYTES_MAX = 6 * 1024 * 1024 + 100;

const compileCacheFolder = process.argv[2];
if (compileCacheFolder) enableCompileCache(compileCacheFolder);

delete process.env.MALLOC_ARENA_MAX;

// The runtime is gone: whatever runs here has nobody to answer to.
process.on('disconnect', () => process.exit(0));

/** @returns {Promise<(event: unknown, context: unknown) => unknown>} */
async function loadHandler() {
  const folder = process.env.LAMBDA_TASK_ROOT ?? '';
  const [, moduleName, exportName] = /^(.*)\.([^.]+)$/.exec(process.env._HANDLER ?? '') ?? [];
  if (!moduleName || !exportName) throw named('Runtime.MalformedHandlerName', 'Bad handler name');
  const extension = ['.js', '.mjs', '.cjs'].find((candidate) =>
    existsSync(join(folder, moduleName + candidate)),
  );
  if (!extension) throw named('Runtime.ImportModuleError', `Cannot find module '${moduleName}'`);
  const file = join(folder, moduleName + extension);
  const exported = extension === '.mjs' ? await import(pathToFileURL(file).href) : createRequire(file)(file);
  const handler = exported[exportName];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${process.env._HANDLER} is undefined or not exported`);
  }
  if (handler.length > 2) {
    throw named('Runtime.CallbackHandlerDeprecated', 'Handlers with a callback do not run on Node.js 24');
  }
  return handler;
}

/** @param {string} name @param {string} message */
function named(name, message) {
  return Object.assign(new Error(message), { name });
}

/** @param {unknown} error */
function describe(error) {
  return error instanceof Error
    ? { errorType: error.name, errorMessage: error.message }
    : { errorType: typeof error, errorMessage: String(error) };
}

/** @param {{id: string, deadlineMs: number, arn: string}} invocation */
function contextOf({ id, deadlineMs, arn }) {
  return {
    awsRequestId: id,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: arn,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadlineMs - Date.now()),
  };
}

/** @param {unknown} value */
function marshal(value) {
  let payload;
  try {
    payload = JSON.stringify(value) ?? 'null';
  } catch (error) {
    throw named('Runtime.MarshalError', `Unable to stringify response body: ${describe(error).errorMessage}`);
  }
  if (Buffer.byteLength(payload) > RESPONSE_BYTES_MAX) {
    throw named(
      'Function.ResponseSizeTooLarge',
      `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
    );
  }
  return payload;
}

try {
  const handler = await loadHandler();
  process.on('message', async (invocation) => {
    const { id } = invocation;
    try {
      const payload = marshal(await handler(invocation.event, contextOf(invocation)));
      process.send?.({ type: 'result', id, payload });
    } catch (error) {
      console.error(error);
      process.send?.({ type: 'error', id, error: describe(error) });
    }
  });
  process.send?.({ type: 'ready' });
} catch (error) {
  console.error(error);
  process.send?.({ type: 'init-error', error: describe(error) }, () => process.exit(1));
}
