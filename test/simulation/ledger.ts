import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { EVENT_SK, eventPk } from '../../adapters/event-item.ts';
import type { Item } from '../../adapters/attributes.ts';
import { fromFeatureItem, FEATURE_PK, fromRuleItem, RULE_PK } from '../../adapters/config-item.ts';
import { fromPastItem, PAST_PK } from '../../adapters/past-change-item.ts';
import { fromHeadItem, HEAD_SK, RULESET_PK } from '../../adapters/ruleset-store.ts';
import type { MappingRule } from '../../core/mapping/rule.ts';
import type { RulesetFeature } from '../../core/ruleset.ts';
import { ApiLedger } from './api-ledger.ts';
import { noteFirstOutcome, type FirstOutcomes } from './arrivals.ts';
import { TABLES } from './deployment-names.ts';
import { ErasureLedger } from './erasure-ledger.ts';
import type { StoredChange } from './memory-dynamo.ts';
import type { PastChange, RulesThen, SentEvent } from './oracle.ts';
import { SpoiledBodies } from './spoiled-bodies.ts';
import type { WireItem } from './wire-item.ts';

// What the oracle knows: what was sent, what was acknowledged, and which features and rules were saved in which order.
// The saved ones are read off the commits of their own items, never off the ruleset that the product makes of them.

export interface SentMessage {
  /** Every body that was sent under the messageId. */
  readonly bodies: SentEvent[];
  acknowledged: boolean;
  /** Bodies that were acknowledged as the first of their messageId. */
  readonly first: Set<string>;
}

export class Ledger {
  readonly messages = new Map<string, SentMessage>();
  /** Generation → the features and enabled rules as of it. */
  readonly history = new Map<number, RulesThen>([[0, { features: [], rules: [] }]]);
  /** Event key → the generation when it was stored. */
  readonly storedAt = new Map<string, number>();
  /** Shard of an unmapped group → the keys of the events that ever stood in it. */
  readonly rowsEver = new Map<string, Set<string>>();
  /** The changes of the past that were saved, by their generation. */
  readonly pastChanges = new Map<number, PastChange>();
  /** Ids of reconciliations that were answered. */
  readonly reconciliations = new Set<string>();
  readonly api = new ApiLedger();
  /** Of all rules that ever were. */
  readonly ruleIds = new Set<string>();
  readonly erasing = new ErasureLedger();
  readonly spoiled = new SpoiledBodies();
  /** Event key → what it became first. */
  readonly firstOutcomes: FirstOutcomes = new Map();
  generation = 0;
  private readonly features = new Map<string, RulesetFeature>();
  private readonly rules = new Map<string, MappingRule>();

  sent(event: SentEvent): void {
    const message = this.messages.get(event.messageId);
    if (message === undefined)
      this.messages.set(event.messageId, { bodies: [event], acknowledged: false, first: new Set() });
    else if (message.bodies.every(({ text }) => text !== event.text)) message.bodies.push(event);
  }

  acknowledged(event: SentEvent, asFirst: boolean): void {
    const message = this.messages.get(event.messageId);
    if (message === undefined) return;
    message.acknowledged = true;
    if (asFirst) message.first.add(event.text);
  }

  /** Returns whether the ruleset has changed. */
  committed(changes: readonly StoredChange[]): boolean {
    let moved = false;
    for (const change of changes) {
      const { table, before, after } = change;
      this.erasing.noteCommit(change);
      noteFirstOutcome(this.firstOutcomes, change);
      if (table === TABLES.events && before === undefined && after !== undefined) this.noteStored(after);
      if (table === TABLES.config) moved = this.noteConfig(before, after) || moved;
    }
    if (moved)
      this.history.set(this.generation, {
        features: [...this.features.values()],
        rules: [...this.rules.values()],
      });
    return moved;
  }

  now(): RulesThen {
    return this.history.get(this.generation) ?? { features: [], rules: [] };
  }

  private noteStored(item: WireItem): void {
    const pk = textOf(item, 'pk');
    if (/^[nf]#/.test(pk))
      this.rowsEver.set(pk, (this.rowsEver.get(pk) ?? new Set()).add(textOf(item, 'sk')));
    if (textOf(item, 'sk') === EVENT_SK && pk.startsWith(eventPk('')))
      this.storedAt.set(pk.slice(eventPk('').length), this.generation);
  }

  private noteConfig(before: WireItem | undefined, after: WireItem | undefined): boolean {
    const some = after ?? before;
    if (some === undefined) return false;
    const [pk, sk] = [textOf(some, 'pk'), textOf(some, 'sk')];
    if (pk === FEATURE_PK && after !== undefined) {
      const { feature, deletedAt } = fromFeatureItem(toItem(after));
      if (deletedAt === undefined) this.features.set(sk, feature);
      else this.features.delete(sk);
    }
    if (pk === RULE_PK) {
      const rule = after === undefined ? undefined : fromRuleItem(toItem(after)).rule;
      this.ruleIds.add(sk);
      if (before === undefined && rule?.body.name !== undefined) this.api.ruleWasMade(rule.body.name, sk);
      if (rule?.body.enabled === true) {
        const { id, version, createdAt, generation } = rule;
        this.rules.set(sk, { id, version, createdAt, generation, ...rule.body });
      } else this.rules.delete(sk);
    }
    if (pk === PAST_PK && after !== undefined) {
      const change = fromPastItem(toItem(after));
      this.pastChanges.set(change.generation, change);
    }
    if (pk !== RULESET_PK || sk !== HEAD_SK || after === undefined) return false;
    this.generation = fromHeadItem(toItem(after)).generation;
    return true;
  }
}

export function textOf(item: WireItem, name: string): string {
  const value = item[name];
  return value !== undefined && 'S' in value ? value.S : '';
}

/** As the SDK would read it. */
export function toItem(wire: WireItem): Item {
  return Object.fromEntries(
    Object.entries(wire).map(([name, value]): [string, AttributeValue] => {
      if ('S' in value) return [name, { S: value.S }];
      if ('N' in value) return [name, { N: value.N }];
      if ('B' in value) return [name, { B: Buffer.from(value.B, 'base64') }];
      return [name, 'NS' in value ? { NS: [...value.NS] } : { SS: [...value.SS] }];
    }),
  );
}
