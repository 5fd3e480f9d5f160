import { Badge, Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { allFeatures, type Feature } from '../../api/feature-queries.ts';
import { rulesPage, type Rule } from '../../api/rule-queries.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Icon } from '../../parts/icon.tsx';
import { MoreButton } from '../../parts/more-button.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Time } from '../../parts/time.tsx';
import { usePages } from '../../parts/use-pages.ts';
import { ConditionText } from '../../rule-text/condition-text.tsx';
import { DeltaText } from '../../rule-text/delta-text.tsx';
import { MatcherText } from '../../rule-text/matcher-text.tsx';
import text from '../../rule-text/rule-text.module.css';
import { useMayChange } from '../../session/session-store.ts';
import { RuleName } from './rule-name.tsx';

/** Of a rule's conditions, shown in the list. */
const CONDITIONS_MAX = 3;

export function RulesPage() {
  const pages = usePages({ queryKey: ['rules', 'list'], fetchPage: rulesPage, rowsOf: ({ rules }) => rules });
  const features = useQuery(allFeatures);
  const mayChange = useMayChange();
  const actions = mayChange && (
    <>
      <Button variant="default" component={Link} href="/rules/import">
        From a Segment filter
      </Button>
      <Button component={Link} href="/rules/new" leftSection={<Icon name="plus" size={16} />}>
        New rule
      </Button>
    </>
  );
  return (
    <Page
      title="Rules"
      description="Which events count for which feature. A new rule also counts the events that are already waiting."
      actions={actions}
    >
      <QueryState query={pages}>
        {() =>
          pages.rows === undefined || pages.rows.length === 0 ? (
            <EmptyState
              title="No rules yet"
              actions={
                <>
                  <Button component={Link} href="/unmapped" variant={mayChange ? 'default' : 'filled'}>
                    See what is waiting
                  </Button>
                  {mayChange && (
                    <Button component={Link} href="/rules/new">
                      New rule
                    </Button>
                  )}
                </>
              }
            >
              A rule says which events are a use of a feature, for instance every “Report Exported”. The
              quickest way to one is from the events that are waiting.
            </EmptyState>
          ) : (
            <>
              <RuleTable rules={pages.rows} features={features.data ?? []} />
              <MoreButton pages={pages} />
            </>
          )
        }
      </QueryState>
    </Page>
  );
}

interface RuleTableProps {
  readonly rules: readonly Rule[];
  readonly features: readonly Feature[];
}

function RuleTable({ rules, features }: RuleTableProps) {
  return (
    <DataTable
      label="Rules"
      rows={rules}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'Rule',
          widthMin: '12rem',
          cell: (rule) => (
            <Link to={`/rules/id/${encodeURIComponent(rule.id)}`}>
              <RuleName rule={rule} />
            </Link>
          ),
        },
        { title: 'What it matches', widthMin: '17rem', cell: (rule) => <Matches rule={rule} /> },
        {
          title: 'Counts for',
          widthMin: '9rem',
          cell: ({ featureId, delta }) => (
            <>
              <Link to={`/features/${encodeURIComponent(featureId)}`}>
                <EventText>{features.find(({ id }) => id === featureId)?.name ?? featureId}</EventText>
              </Link>
              <Text size="xs" c="dimmed" component="div">
                <DeltaText delta={delta} />
              </Text>
            </>
          ),
        },
        { title: 'State', cell: ({ enabled }) => <RuleState isEnabled={enabled} /> },
        { title: 'Changed', cell: ({ updatedAt }) => <Time at={updatedAt} as="relative" /> },
      ]}
    />
  );
}

function Matches({ rule }: { readonly rule: Rule }) {
  const more = rule.conditions.length - CONDITIONS_MAX;
  return (
    <ul className={text['list']}>
      <li>
        <MatcherText matcher={rule.event} />
      </li>
      {rule.conditions.slice(0, CONDITIONS_MAX).map((condition, index) => (
        <li key={index}>
          <ConditionText condition={condition} />
        </li>
      ))}
      {more > 0 && <li className={text['soft']}>and {more} more conditions</li>}
    </ul>
  );
}

export function RuleState({ isEnabled }: { readonly isEnabled: boolean }) {
  return (
    <Badge variant="light" color={isEnabled ? 'teal' : 'gray'}>
      {isEnabled ? 'On' : 'Off'}
    </Badge>
  );
}
