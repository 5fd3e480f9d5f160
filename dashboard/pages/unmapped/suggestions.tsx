import { Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Schema } from '../../api/client.ts';
import { suggestionsFor, type UnmappedGroup } from '../../api/unmapped-queries.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Section } from '../../parts/section.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { ConditionText, PathText } from '../../rule-text/condition-text.tsx';
import { DeltaText } from '../../rule-text/delta-text.tsx';
import { newRuleFrom } from '../rules/prefilled-draft.ts';

type RuleSuggestions = Schema<'RuleSuggestions'>;
type Suggestion = RuleSuggestions['suggestions'][number];
type Property = RuleSuggestions['properties'][number];

const VALUES_SHOWN = 3;
/** The best come first. */
const SUGGESTIONS_SHOWN = 5;

/** Rules that these events seem to ask for, and what the events carry. */
export function Suggestions({ group }: { readonly group: UnmappedGroup }) {
  const query = useQuery(suggestionsFor(group.event, group.reason));
  return (
    <QueryState query={query}>
      {({ suggestions, properties, sampled, total }) => {
        const scope =
          sampled < total
            ? `From a sample of ${sampled.toLocaleString()} of ${total.toLocaleString()} events.`
            : 'From all of its events.';
        return (
          <>
            {suggestions.length > 0 && (
              <Section title="Suggested rules" description={scope}>
                <Stack gap="sm">
                  {suggestions.slice(0, SUGGESTIONS_SHOWN).map((suggestion) => (
                    <SuggestedRule key={JSON.stringify(suggestion.rule)} suggestion={suggestion} />
                  ))}
                </Stack>
              </Section>
            )}
            {properties.length > 0 && (
              <Section title="What the events carry" description={scope}>
                <PropertyTable properties={properties} sampled={sampled} />
              </Section>
            )}
          </>
        );
      }}
    </QueryState>
  );
}

function SuggestedRule({ suggestion }: { readonly suggestion: Suggestion }) {
  const { rule, matched, share, why } = suggestion;
  const mayChange = useMayChange();
  return (
    <Paper withBorder radius="lg" p="md">
      <Group justify="space-between" wrap="nowrap">
        <div>
          <Text component="div">
            {rule.conditions.length === 0
              ? 'Every event with this name'
              : rule.conditions.map((condition, index) => (
                  <span key={index}>
                    {index > 0 && ' and '}
                    <ConditionText condition={condition} />
                  </span>
                ))}
            {rule.delta !== undefined && (
              <>
                , counting <DeltaText delta={rule.delta} />
              </>
            )}
          </Text>
          <Text size="sm" c="dimmed">
            <EventText lengthMax={300}>{why}</EventText> Maps {matched.toLocaleString()} (
            {share.toLocaleString(undefined, { style: 'percent' })}).
          </Text>
        </div>
        {mayChange && (
          <Button component={Link} href={newRuleFrom(rule)} variant="default" size="xs" flex="none">
            Use it
          </Button>
        )}
      </Group>
    </Paper>
  );
}

function PropertyTable({
  properties,
  sampled,
}: {
  readonly properties: readonly Property[];
  readonly sampled: number;
}) {
  return (
    <DataTable
      label="What the events carry"
      rows={properties}
      keyOf={({ path }) => path}
      columns={[
        { title: 'Property', cell: ({ path }) => <PathText path={path} /> },
        {
          title: 'In',
          kind: 'number',
          cell: ({ present }) =>
            (present / Math.max(sampled, 1)).toLocaleString(undefined, { style: 'percent' }),
        },
        { title: 'Is', cell: ({ types }) => Object.keys(types).join(', ') },
        {
          title: 'Most often',
          cell: ({ values }) =>
            values.slice(0, VALUES_SHOWN).map(({ value, count }, index) => (
              <span key={String(value)}>
                {index > 0 && ', '}
                <EventText lengthMax={40}>{String(value)}</EventText> ({count.toLocaleString()})
              </span>
            )),
        },
      ]}
    />
  );
}
