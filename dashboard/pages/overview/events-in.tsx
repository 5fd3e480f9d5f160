import { Paper, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { DataTable } from '../../parts/data-table.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import tableClasses from '../../usage/usage-table.module.css';
import { useUsageRange } from '../../usage/use-usage-range.ts';
import { windowLabel } from '../../usage/window-label.ts';
import { timeWords, unmappedWords } from './arrival-words.ts';
import { ArrivalsChart } from './arrivals-chart.tsx';
import { arrivalsQuery } from './arrivals-query.ts';

interface EventsInProps {
  /** How many events are unmapped now, as far as that is known. */
  readonly waiting: number | undefined;
}

/** How many events came in the time that is looked at, and which share of them no feature counted then. */
export function EventsIn({ waiting }: EventsInProps) {
  const { range, preset, showTime } = useUsageRange();
  const query = useQuery(arrivalsQuery(range));
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Events in">
      <Stack gap="sm">
        <Title order={2} size="h4">
          Events in
        </Title>
        <QueryState query={query} lines={4}>
          {({ rows, total }) =>
            total.events === 0 ? (
              <Text c="dimmed">No event arrived {timeWords(preset)}. Choose another time below.</Text>
            ) : (
              <>
                <Text>
                  <Link to="/events">
                    {total.events.toLocaleString()} {total.events === 1 ? 'event' : 'events'}
                  </Link>{' '}
                  {timeWords(preset)}. {unmappedWords(total)}
                  {waiting !== undefined && (
                    <>
                      {'; '}
                      <Link to="/unmapped">{waiting === 0 ? 'none waits' : waitWords(waiting)} now</Link>
                    </>
                  )}
                  .
                </Text>
                <ArrivalsChart rows={rows} range={range} onZoom={showTime} />
                <details className={tableClasses['details']}>
                  <summary className={tableClasses['summary']}>Events in as a table</summary>
                  <DataTable
                    label="Events in, all numbers"
                    rows={rows.toReversed()}
                    keyOf={({ windowStart }) => windowStart}
                    columns={[
                      {
                        title: 'Time',
                        cell: ({ windowStart }) => windowLabel(Date.parse(windowStart), range.window),
                        widthMin: '9.5rem',
                      },
                      { title: 'Events', kind: 'number', cell: ({ events }) => events.toLocaleString() },
                      { title: 'Track events', kind: 'number', cell: ({ track }) => track.toLocaleString() },
                      {
                        title: 'Unmapped on arrival',
                        kind: 'number',
                        cell: ({ unmapped }) => unmapped.toLocaleString(),
                      },
                    ]}
                  />
                </details>
              </>
            )
          }
        </QueryState>
      </Stack>
    </Paper>
  );
}

const waitWords = (waiting: number): string =>
  `${waiting.toLocaleString()} ${waiting === 1 ? 'unmapped event waits' : 'unmapped events wait'}`;
