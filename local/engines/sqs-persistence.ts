import { DatabaseSync } from 'node:sqlite';
// By path, because the package exports only its server, which listens on every network interface of the machine.
import { PersistenceManager } from '../../node_modules/fauxqs/dist/persistence.js';
import type { SqsMessage } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

/**
 * fauxqs writes each change to SQLite on its own. Here all changes of one request are one transaction, committed before
 * the request is answered: ten messages of a batch cost one commit, and a message that moves to its dead-letter queue is
 * never in neither queue, whenever the process dies.
 *
 * Also works around fauxqs 2.4.1 losing a message until the next start when its visibility timeout is changed to 0.
 */
export class SqsPersistence extends PersistenceManager {
  private readonly database: DatabaseSync;
  private inTransaction = false;

  constructor(folder: string) {
    super(folder);
    const database: unknown = Reflect.get(this, 'db');
    if (!(database instanceof DatabaseSync))
      throw new Error('fauxqs no longer keeps its SQLite database in `db`');
    this.database = database;
    // With a write-ahead log this survives a kill of the process; only a crash of the whole machine can lose the last
    // commits (and never corrupts). Waiting for the disk on each commit would be several times slower.
    database.exec('PRAGMA synchronous = NORMAL');
  }

  /** Call before answering a request that may have changed something. */
  commit(): void {
    if (!this.inTransaction) return;
    this.inTransaction = false;
    this.database.exec('COMMIT');
  }

  /** Makes every message that was in flight visible again, with its receive count kept. */
  makeInFlightVisible(): void {
    this.database.exec('UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL');
  }

  override insertMessage(queueName: string, message: SqsMessage): void {
    this.begin();
    super.insertMessage(queueName, message);
  }

  override deleteMessage(messageId: string): void {
    this.begin();
    super.deleteMessage(messageId);
  }

  override updateMessageInflight(...change: Parameters<PersistenceManager['updateMessageInflight']>): void {
    this.begin();
    super.updateMessageInflight(...change);
  }

  override updateMessageReady(messageId: string): void {
    this.begin();
    this.database
      .prepare(
        'UPDATE sqs_messages SET receipt_handle = NULL, visibility_deadline = NULL WHERE message_id = ?',
      )
      .run(messageId);
  }

  override close(): void {
    this.commit();
    super.close();
  }

  private begin(): void {
    if (this.inTransaction) return;
    this.database.exec('BEGIN');
    this.inTransaction = true;
  }
}
