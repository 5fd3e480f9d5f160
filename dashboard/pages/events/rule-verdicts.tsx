import { Badge, Paper, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Explanation, RuleVerdict } from '../../api/event-queries.ts';
import { allFeatures } from '../../api/feature-queries.ts';
import { oneRule } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { FailedText } from '../../rule-text/failed-text.tsx';
import { RuleName } from '../rules/rule-name.tsx';
import classes from './events.module.css';

/** What each rule for this event name says to the event, as the rules are now. */
export function RuleVerdicts({ now }: { readonly now: NonNullable<Explanation['now']> }) {
  return (
    <section aria-label="What the rules say">
      <Title order={2} size="h4" mb="sm">
        What the rules say
      </Title>
      {now.namedFeature !== undefined ? (
        <Text c="dimmed">
          The event names the feature <EventText>{now.namedFeature}</EventText> itself, so no rule is asked.
        </Text>
      ) : now.rules.length === 0 ? (
        <Text c="dimmed">No rule that is on is for events with this name.</Text>
      ) : (
        <Paper withBorder radius="lg">
          {now.rules.map((verdict) => (
            <Verdict key={verdict.ruleId} verdict={verdict} />
          ))}
        </Paper>
      )}
      {now.rulesForOtherEvents > 0 && (
        <Text size="sm" c="dimmed" mt="xs">
          {now.rulesForOtherEvents === 1
            ? 'One more rule is for events of other names.'
            : `${now.rulesForOtherEvents.toLocaleString()} more rules are for events of other names.`}
        </Text>
      )}
    </section>
  );
}

function Verdict({ verdict }: { readonly verdict: RuleVerdict }) {
  const rule = useQuery(oneRule(verdict.ruleId));
  const features = useQuery(allFeatures);
  const feature = features.data?.find(({ id }) => id === verdict.featureId);
  return (
    <div className={classes['verdict']}>
      <div className={classes['verdictHead']}>
        <span className={classes['words']}>
          <Link to={`/rules/id/${encodeURIComponent(verdict.ruleId)}`}>
            {rule.data === undefined ? verdict.ruleId : <RuleName rule={rule.data} />}
          </Link>{' '}
          <span className={classes['soft']}>
            for <EventText>{feature?.name ?? verdict.featureId}</EventText>
          </span>
        </span>
        <Badge variant="light" color={verdict.matched ? 'teal' : 'gray'}>
          {verdict.matched ? 'Matches' : 'Does not match'}
        </Badge>
      </div>
      {verdict.failed !== undefined && (
        <Text size="sm" component="div" mt={4} className={classes['words']}>
          <FailedText failed={verdict.failed} />
        </Text>
      )}
    </div>
  );
}
