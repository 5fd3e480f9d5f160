import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

const schema = z.object({ EVENTS_TABLE: text, OPERATIONS_TABLE: text, EVENTS_QUEUE_URL: text });

export type IngestEnvironment = z.infer<typeof schema>;

/** Throws at cold start when the deployment forgot something. */
export const readEnvironment = (env: NodeJS.ProcessEnv): IngestEnvironment => z.parse(schema, env);
