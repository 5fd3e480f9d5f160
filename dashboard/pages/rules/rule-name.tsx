import type { RuleBody } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { MatcherText } from '../../rule-text/matcher-text.tsx';

/** The name of a rule; of one without a name, the events that it is for. */
export function RuleName({ rule }: { readonly rule: Pick<RuleBody, 'name' | 'event'> }) {
  return rule.name === undefined ? <MatcherText matcher={rule.event} /> : <EventText>{rule.name}</EventText>;
}

/** The same as plain text, for a title. */
export function ruleTitle({ name, event }: Pick<RuleBody, 'name' | 'event'>): string {
  if (name !== undefined) return name;
  return typeof event.value === 'string' ? event.value : event.value.join(', ');
}
