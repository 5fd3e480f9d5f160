import { dynamoClient } from '../../adapters/clients.ts';
import { EventStore } from '../../adapters/event-store.ts';
import { RulesetStore } from '../../adapters/ruleset-store.ts';
import { UserStore } from '../../adapters/user-store.ts';
import { readEnvironment } from './environment.ts';
import { processHandler } from './handler.ts';

const environment = readEnvironment(process.env);
const dynamo = dynamoClient();

export const handler = processHandler(
  {
    dynamo,
    tables: {
      events: environment.EVENTS_TABLE,
      usage: environment.USAGE_TABLE,
      users: environment.USERS_TABLE,
    },
    events: new EventStore(dynamo, environment.EVENTS_TABLE),
    users: new UserStore(dynamo, environment.USERS_TABLE),
    rulesets: new RulesetStore(dynamo, environment.CONFIG_TABLE),
    now: Date.now,
  },
  environment.LAST_CHANCE_QUEUE_ARN,
);
