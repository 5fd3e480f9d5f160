import type { PipelineResources } from './pipeline-resources.ts';

/** What deciding and committing events needs, wherever it runs: one mapping path, one environment. */
export function settleEnvironment(resources: PipelineResources): Record<string, string> {
  const { events, usage, users, config } = resources.storage;
  return {
    EVENTS_TABLE: events.tableName,
    USAGE_TABLE: usage.tableName,
    USERS_TABLE: users.tableName,
    CONFIG_TABLE: config.tableName,
  };
}
