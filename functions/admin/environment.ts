import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

const schema = z.object({
  EVENTS_TABLE: text,
  USAGE_TABLE: text,
  USERS_TABLE: text,
  CONFIG_TABLE: text,
  OPERATIONS_TABLE: text,
  ADMIN_KEY_SECRET_ARN: text,
  EVENTS_QUEUE_URL: text,
  REPROCESS_QUEUE_URL: text,
  BILLING_SECRET_ARN: text,
  IMPORTS_QUEUE_URL: text,
  /** With a slash at the end. */
  INGEST_URL: text,
  // Set by Lambda: the folder with this function's code.
  LAMBDA_TASK_ROOT: text,
});

export type AdminEnvironment = z.infer<typeof schema>;

/** Throws at cold start when the deployment forgot something. */
export const readEnvironment = (env: NodeJS.ProcessEnv): AdminEnvironment => z.parse(schema, env);
