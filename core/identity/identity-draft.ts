import { emptyGroup, type EmailGroup } from './email-group.ts';
import type { MergeRecord } from './merge-record.ts';
import { isRoot, keysOfUser, wayFrom, type Root, type UserNode } from './user-node.ts';

// A change of users, before it is written: what was read, and over it what is to be. Every decision about users reads and
// writes a draft, so that several of one transaction build on each other, and what is written is exactly the difference.

/** What was read. A key that is not in a map was not read; one that is there with `undefined` is not stored. */
export interface IdentityFacts {
  readonly nodes: ReadonlyMap<string, UserNode | undefined>;
  /** By email as compared. */
  readonly emails: ReadonlyMap<string, EmailGroup | undefined>;
  /** The owner's key by billing id. */
  readonly claims: ReadonlyMap<string, string | undefined>;
}

export const NO_FACTS: IdentityFacts = { nodes: new Map(), emails: new Map(), claims: new Map() };

/**
 * A decision needs what was not read, or the reads do not fit together, because somebody changed it in between or an
 * earlier decision of the same draft did. Nothing was drafted; reading again helps.
 */
export class NotReadError extends Error {
  override readonly name = 'NotReadError';
}

export interface Change<Value> {
  readonly before: Value | undefined;
  readonly after: Value | undefined;
  /** Who asked for it: what has to be decided again when it cannot be written. */
  readonly owners: readonly string[];
}

interface Written<Value> {
  readonly value: Value | undefined;
  readonly owners: Set<string>;
}

class Layer<Value> {
  private readonly read: ReadonlyMap<string, Value | undefined>;
  private readonly written = new Map<string, Written<Value>>();

  constructor(read: ReadonlyMap<string, Value | undefined>) {
    this.read = read;
  }

  get(key: string): Value | undefined {
    const written = this.written.get(key);
    if (written !== undefined) return written.value;
    if (!this.read.has(key)) throw new NotReadError(`Something of a user was not read.`);
    return this.read.get(key);
  }

  set(key: string, value: Value | undefined, owner: string): void {
    const owners = this.written.get(key)?.owners ?? new Set();
    this.written.set(key, { value, owners: owners.add(owner) });
  }

  changes(): (Change<Value> & { readonly key: string })[] {
    return [...this.written].map(([key, { value, owners }]) => ({
      key,
      before: this.read.get(key),
      after: value,
      owners: [...owners],
    }));
  }
}

export class IdentityDraft {
  private readonly nodeLayer: Layer<UserNode>;
  private readonly emailLayer: Layer<EmailGroup>;
  private readonly claimLayer: Layer<string>;
  private readonly mergeLayer = new Layer<MergeRecord>(new Map());
  private owner = '';

  constructor(facts: IdentityFacts) {
    this.nodeLayer = new Layer(facts.nodes);
    this.emailLayer = new Layer(facts.emails);
    this.claimLayer = new Layer(facts.claims);
  }

  /** Who asks for the changes that follow. */
  actFor(owner: string): void {
    this.owner = owner;
  }

  node(key: string): UserNode | undefined {
    return this.nodeLayer.get(key);
  }

  /** The root that the links of an existing node lead to. */
  rootOf(key: string): Root {
    const node = [...wayFrom(key, (at) => this.node(at))].at(-1);
    // A root that does not list the key was read at another moment than the links to it.
    if (node === undefined || !isRoot(node) || !keysOfUser(node).includes(key))
      throw new NotReadError('The links of a user have changed.');
    return node;
  }

  /**
   * The root that is listed with an email. Listed are only roots: one that has been merged since was read at another moment
   * than the list, and the user that it belongs to now is not the one that was found.
   */
  listedRoot(key: string): Root {
    const root = this.rootOf(key);
    if (root.key !== key) throw new NotReadError('Who has the email has changed.');
    return root;
  }

  group(email: string): EmailGroup {
    return this.emailLayer.get(email) ?? emptyGroup(email);
  }

  /** The key of the node under which this billing id was said first; undefined when nobody has it. */
  billingOwner(billingId: string): string | undefined {
    return this.claimLayer.get(billingId);
  }

  putNode(node: UserNode): void {
    this.nodeLayer.set(node.key, node, this.owner);
  }

  removeNode(key: string): void {
    this.nodeLayer.set(key, undefined, this.owner);
  }

  putGroup(group: EmailGroup): void {
    this.emailLayer.set(group.email, group, this.owner);
  }

  putBillingOwner(billingId: string, owner: string | undefined): void {
    this.claimLayer.set(billingId, owner, this.owner);
  }

  putMerge(merge: MergeRecord): void {
    this.mergeLayer.set(merge.id, merge, this.owner);
  }

  /** Of a merge that is erased, not undone. */
  removeMerge(mergeId: string): void {
    this.mergeLayer.set(mergeId, undefined, this.owner);
  }

  nodeChanges = () => this.nodeLayer.changes();
  groupChanges = () => this.emailLayer.changes();
  claimChanges = () => this.claimLayer.changes();
  mergeChanges = () => this.mergeLayer.changes();
}
