import { Button, Group, Paper, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Schema } from '../../api/client.ts';
import { suggestionsFor, type UnmappedGroup } from '../../api/unmapped-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { Section } from '../../parts/section.tsx';
import { TableFrame } from '../../parts/table-frame.tsx';
import { useMayChange } from '../../session/session-store.ts';
import { ConditionText, PathText } from '../../rule-text/condition-text.tsx';
import { DeltaText } from '../../rule-text/delta-text.tsx';
import { newRuleFrom } from '../rules/prefilled-draft.ts';

type RuleSuggestions = Schema<'RuleSuggestions'>;
type Suggestion = RuleSuggestions['suggestions'][number];
type Property = RuleSuggestions['properties'][number];

const VALUES_SHOWN = 3;

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
                  {suggestions.map((suggestion) => (
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
            , counting <DeltaText delta={rule.delta} />
          </Text>
          <Text size="sm" c="dimmed">
            <EventText lengthMax={300}>{why}</EventText> Maps {matched.toLocaleString()} (
            {share.toLocaleString(undefined, { style: 'percent' })}).
          </Text>
        </div>
        {mayChange && (
          <Button component={Link} href={newRuleFrom(rule)} variant="default" size="xs">
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
    <TableFrame label="What the events carry">
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Property</Table.Th>
            <Table.Th ta="right">In</Table.Th>
            <Table.Th>Is</Table.Th>
            <Table.Th>Most often</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {properties.map(({ path, present, types, values }) => (
            <Table.Tr key={path}>
              <Table.Td>
                <PathText path={path} />
              </Table.Td>
              <Table.Td ta="right">
                {(present / Math.max(sampled, 1)).toLocaleString(undefined, { style: 'percent' })}
              </Table.Td>
              <Table.Td>{Object.keys(types).join(', ')}</Table.Td>
              <Table.Td>
                {values.slice(0, VALUES_SHOWN).map(({ value, count }, index) => (
                  <span key={String(value)}>
                    {index > 0 && ', '}
                    <EventText lengthMax={40}>{String(value)}</EventText> ({count.toLocaleString()})
                  </span>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </TableFrame>
  );
}
