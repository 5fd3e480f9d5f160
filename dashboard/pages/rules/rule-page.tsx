import { Button, Paper, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { allFeatures } from '../../api/feature-queries.ts';
import { oneRule } from '../../api/rule-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { usePathParam } from '../../parts/use-path-param.ts';
import { plainText } from '../../parts/visible-text.ts';
import { useMayChange } from '../../session/session-store.ts';
import { RuleFacts } from './rule-facts.tsx';
import { RuleHistory } from './rule-history.tsx';
import { RuleJob } from './rule-job.tsx';
import { RuleName, ruleTitle } from './rule-name.tsx';
import { RuleQuestions, type RuleQuestion } from './rule-questions.tsx';
import { RuleState } from './rules-page.tsx';

export function RulePage() {
  const ruleId = usePathParam('ruleId');
  const query = useQuery(oneRule(ruleId));
  const features = useQuery(allFeatures);
  const mayChange = useMayChange();
  const [question, setQuestion] = useState<RuleQuestion>();
  const rule = query.data;
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  const feature = features.data?.find(({ id }) => id === rule?.featureId);
  return (
    <Page
      title={rule === undefined ? 'Rule' : plainText(ruleTitle(rule))}
      heading={rule !== undefined && <RuleName rule={rule} />}
      back={<BackLink to="/rules">Rules</BackLink>}
      description={rule !== undefined && <RuleState isEnabled={rule.enabled} />}
      actions={
        mayChange &&
        rule !== undefined && (
          <>
            <Button variant="default" onClick={() => setQuestion(rule.enabled ? 'disable' : 'enable')}>
              {rule.enabled ? 'Switch off' : 'Switch on'}
            </Button>
            <Button variant="default" onClick={() => setQuestion('delete')}>
              Delete
            </Button>
            <Button component={Link} href={`/rules/id/${encodeURIComponent(ruleId)}/edit`}>
              Edit
            </Button>
          </>
        )
      }
    >
      {isMissing ? (
        <EmptyState title="There is no rule with this id">
          It may have been deleted. <Link to="/rules">All rules</Link>
        </EmptyState>
      ) : (
        <QueryState query={query}>
          {(found) => (
            <>
              <RuleJob rule={found} />
              <Paper withBorder radius="lg" p="lg">
                <RuleFacts rule={found} feature={feature} />
              </Paper>
              <section aria-label="History">
                <Title order={2} size="h4" mb="sm">
                  History
                </Title>
                <RuleHistory history={found.history} />
                <Text size="sm" c="dimmed" mt="sm">
                  Id <EventText>{found.id}</EventText>, version {found.version}
                </Text>
              </section>
              <RuleQuestions rule={found} question={question} onClose={() => setQuestion(undefined)} />
            </>
          )}
        </QueryState>
      )}
    </Page>
  );
}
