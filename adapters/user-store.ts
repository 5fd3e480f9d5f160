import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { User } from '../core/user.ts';
import { S } from './attributes.ts';
import { batchGet } from './batch-get.ts';
import { fromUserItem, USER_SK, userPk } from './user-item.ts';

export class UserStore {
  private readonly dynamo: DynamoDBClient;
  private readonly table: string;

  constructor(dynamo: DynamoDBClient, table: string) {
    this.dynamo = dynamo;
    this.table = table;
  }

  /** The users of these ids that exist, consistently read. */
  async getMany(userIds: Iterable<string>): Promise<Map<string, User>> {
    const items = await batchGet(
      this.dynamo,
      this.table,
      [...new Set(userIds)].map((userId) => ({ pk: S(userPk(userId)), sk: S(USER_SK) })),
    );
    return new Map(items.map(fromUserItem).map((user) => [user.userId, user]));
  }

  async get(userId: string): Promise<User | undefined> {
    return (await this.getMany([userId])).get(userId);
  }
}
