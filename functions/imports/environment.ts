import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

const schema = z.object({
  USERS_TABLE: text,
  CONFIG_TABLE: text,
  OPERATIONS_TABLE: text,
  IMPORTS_QUEUE_URL: text,
  BILLING_SECRET_ARN: text,
});

export type ImportsEnvironment = z.infer<typeof schema>;

/** Throws at cold start when the deployment forgot something. */
export const readEnvironment = (env: NodeJS.ProcessEnv): ImportsEnvironment => z.parse(schema, env);
