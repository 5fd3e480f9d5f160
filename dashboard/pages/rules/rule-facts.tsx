import { Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Feature } from '../../api/feature-queries.ts';
import type { RuleBody } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { FactList } from '../../parts/fact-list.tsx';
import { ConditionText } from '../../rule-text/condition-text.tsx';
import { DeltaText } from '../../rule-text/delta-text.tsx';
import { MatcherText } from '../../rule-text/matcher-text.tsx';
import text from '../../rule-text/rule-text.module.css';

interface RuleFactsProps {
  readonly rule: RuleBody;
  readonly feature: Feature | undefined;
}

/** A rule in words. */
export function RuleFacts({ rule, feature }: RuleFactsProps) {
  const { conditions = [] } = rule;
  return (
    <FactList
      facts={[
        ['Which events', <MatcherText key="events" matcher={rule.event} />],
        [
          'Only when',
          conditions.length === 0 ? (
            <Text key="conditions" span c="dimmed">
              always
            </Text>
          ) : (
            <ul key="conditions" className={text['list']}>
              {conditions.map((condition, index) => (
                <li key={index}>
                  {index > 0 && <span className={text['soft']}>and </span>}
                  <ConditionText condition={condition} />
                </li>
              ))}
            </ul>
          ),
        ],
        [
          'Counts for',
          <Link key="feature" to={`/features/${encodeURIComponent(rule.featureId)}`}>
            <EventText>{feature?.name ?? rule.featureId}</EventText>
          </Link>,
        ],
        ['How much', <DeltaText key="delta" delta={rule.delta} />],
      ]}
    />
  );
}
