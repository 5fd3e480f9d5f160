// The tables and queues of the simulated account.

export const TABLES = {
  events: 'events',
  usage: 'usage',
  users: 'users',
  config: 'config',
  operations: 'operations',
} as const;

export const QUEUES = {
  events: 'events-queue',
  lastChance: 'events-dead-letters',
  sweeps: 'reprocess-queue',
  sweepDeadLetters: 'reprocess-dead-letters',
  imports: 'imports-queue',
  importDeadLetters: 'imports-dead-letters',
} as const;

export const urlOf = (queue: string): string => `http://simulated.invalid/000000000000/${queue}`;
