import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

const schema = z.object({
  EVENTS_TABLE: text,
  USAGE_TABLE: text,
  USERS_TABLE: text,
  CONFIG_TABLE: text,
  /** Records from this queue get their last chance: what fails for good becomes quarantined. */
  LAST_CHANCE_QUEUE_ARN: text,
});

export type ProcessEnvironment = z.infer<typeof schema>;

/** Throws at cold start when the deployment forgot something. */
export const readEnvironment = (env: NodeJS.ProcessEnv): ProcessEnvironment => z.parse(schema, env);
