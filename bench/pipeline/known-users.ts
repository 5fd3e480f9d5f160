import { NO_FACTS, type IdentityFacts } from '../../core/identity/identity-draft.ts';
import { newNode, type UserNode } from '../../core/identity/user-node.ts';

// For who plans transactions where everybody is known already, as nearly always: nothing is read, and no user is created.

const somebody = newNode({ key: '=u', userId: 'u' }, { said: {}, createdAt: 1 });
const everybody = new (class extends Map<string, UserNode> {
  override get(): UserNode {
    return somebody;
  }
})();

export const KNOWN_USERS: IdentityFacts = { ...NO_FACTS, nodes: everybody };
