import { Paper, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { ApiError } from '../../api/api-error.ts';
import { bodyOf, explanationOf } from '../../api/event-queries.ts';
import { BackLink } from '../../parts/back-link.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { JsonText } from '../../parts/json-text.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { usePathParam } from '../../parts/use-path-param.ts';
import { plainText } from '../../parts/visible-text.ts';
import { EventFacts } from './event-facts.tsx';
import { EventState } from './event-state.tsx';
import { ExplainSteps } from './explain-steps.tsx';
import { RuleVerdicts } from './rule-verdicts.tsx';

const WAITING_MS = 2_000;

/** Why one event counts, or does not. */
export function EventPage() {
  const messageId = usePathParam('messageId');
  const query = useQuery({
    ...explanationOf(messageId),
    // Until it has an outcome.
    refetchInterval: ({ state }) => (state.data?.status === 'received' ? WAITING_MS : false),
  });
  const body = useQuery({ ...bodyOf(messageId), enabled: query.data?.event !== undefined });
  const event = query.data?.event;
  const isMissing = query.error instanceof ApiError && query.error.status === 404;
  const name = event === undefined ? messageId : (event.event ?? event.type);
  return (
    <Page
      title={plainText(name, 100)}
      heading={<EventText lengthMax={200}>{name}</EventText>}
      back={<BackLink to="/events">Events</BackLink>}
      description={event !== undefined && <EventState event={event} />}
    >
      {isMissing ? (
        <EmptyState title="There is no event with this message id">
          It never arrived, or it was refused a while ago. <Link to="/events">What arrived lately</Link>
        </EmptyState>
      ) : (
        <QueryState query={query}>
          {(explanation) => (
            <>
              {explanation.event !== undefined && (
                <Paper withBorder radius="lg" p="lg">
                  <EventFacts event={explanation.event} />
                </Paper>
              )}
              <ExplainSteps steps={explanation.steps} />
              {explanation.event?.type === 'track' && explanation.now !== undefined && (
                <RuleVerdicts now={explanation.now} />
              )}
              {explanation.event !== undefined && (
                <section aria-label="As it was sent">
                  <Title order={2} size="h4" mb="sm">
                    As it was sent
                  </Title>
                  <QueryState query={body}>
                    {(text) =>
                      text === null ? (
                        <Text c="dimmed">What is stored of it is damaged and cannot be shown.</Text>
                      ) : (
                        <JsonText label="The event as it was sent" isText>
                          {text}
                        </JsonText>
                      )
                    }
                  </QueryState>
                </section>
              )}
            </>
          )}
        </QueryState>
      )}
    </Page>
  );
}
