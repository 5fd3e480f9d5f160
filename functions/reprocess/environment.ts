import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

const schema = z.object({
  EVENTS_TABLE: text,
  USAGE_TABLE: text,
  USERS_TABLE: text,
  CONFIG_TABLE: text,
  OPERATIONS_TABLE: text,
  EVENTS_QUEUE_URL: text,
  REPROCESS_QUEUE_URL: text,
});

export type ReprocessEnvironment = z.infer<typeof schema>;

/** Throws at cold start when the deployment forgot something. */
export const readEnvironment = (env: NodeJS.ProcessEnv): ReprocessEnvironment => z.parse(schema, env);
