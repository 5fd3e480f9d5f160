import type {
  APIGatewayProxyEventV2,
  APIGatewayProxyStructuredResultV2,
  SQSBatchResponse,
  SQSEvent,
} from 'aws-lambda';
import { parseImportMessage, type ImportQueue } from '../../adapters/import-queue.ts';
import { isOfLaterVersion } from '../../adapters/message-version.ts';
import { isPermanent } from '../../adapters/failure-kind.ts';
import { logError, logWarning } from '../log.ts';
import { partialBatch } from '../partial-batch.ts';
import type { TimeLeft } from '../time-left.ts';
import { workImport, type WorkDependencies, type WorkResult } from '../work-import.ts';
import { answerWebhook, type WebhookDependencies } from './answer-webhook.ts';

// Triggers: the imports queue (an import to go on with), and HTTP requests at the Function URL (a provider's webhook).
// Guarantee: an import that is running ends, with each row once; a webhook answered with 200 has been taken over.
// A retry goes on with the import from its last page, and takes over a customer that is already so without a change.

export interface ImportsDependencies extends WorkDependencies, WebhookDependencies {
  readonly queue: ImportQueue;
}

export type ImportsEvent = SQSEvent | APIGatewayProxyEventV2;

/** Time kept back from Lambda's timeout: a page that has begun must be able to end. */
const RESERVE_MS = 60_000;

export function importsHandler(
  deps: ImportsDependencies,
): (event: ImportsEvent, context: TimeLeft) => Promise<SQSBatchResponse | APIGatewayProxyStructuredResultV2> {
  return async (event, context) => {
    if ('requestContext' in event) return await answerWebhook(deps, event);
    const deadline = deps.now() + Math.max(0, context.getRemainingTimeInMillis() - RESERVE_MS);
    const work = partialBatch(async (records) => {
      const failed = new Set<string>();
      for (const { messageId, body } of records) {
        const importId = parseImportMessage(body);
        if (importId === undefined) {
          const isLater = isOfLaterVersion(body);
          if (isLater) failed.add(messageId);
          logError(
            `a message on the imports queue is ${isLater ? 'of a later version' : 'not one of ours'}`,
            {
              messageId,
            },
          );
          continue;
        }
        const result = await goOn(deps, importId, deadline);
        if (result.kind === 'continue') await deps.queue.send(importId, result.afterSeconds);
      }
      return failed;
    });
    return await work(event);
  };
}

/** After a store has failed: soon enough for whoever is waiting, and much sooner than the queue would. */
const AFTER_FAILURE_SECONDS = 30;

async function goOn(deps: ImportsDependencies, importId: string, deadline: number): Promise<WorkResult> {
  try {
    return await workImport(deps, importId, deadline);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const fields = { importId, error: error.name };
    if (isPermanent(error)) {
      logError('an import failed', fields);
      throw error;
    }
    logWarning('an import could not reach a store and goes on later', fields);
    return { kind: 'continue', afterSeconds: AFTER_FAILURE_SECONDS };
  }
}
