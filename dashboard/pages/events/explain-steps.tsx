import { Paper, Text, Timeline, Title } from '@mantine/core';
import type { Explanation } from '../../api/event-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import classes from './events.module.css';

/** What happened to the event, from its arrival to the counter that it is in. */
export function ExplainSteps({ steps }: { readonly steps: Explanation['steps'] }) {
  return (
    <section aria-label="What happened">
      <Title order={2} size="h4" mb="sm">
        What happened
      </Title>
      <Paper withBorder radius="lg" p="lg">
        <Timeline
          bulletSize={14}
          lineWidth={2}
          active={steps.length - 1}
          classNames={{ itemTitle: classes['stepTitle'] ?? '' }}
        >
          {steps.map(({ title, detail }, index) => (
            <Timeline.Item key={index} title={<EventText lengthMax={400}>{title}</EventText>}>
              {detail !== undefined && (
                <Text size="sm" c="dimmed">
                  <EventText lengthMax={1_000}>{detail}</EventText>
                </Text>
              )}
            </Timeline.Item>
          ))}
        </Timeline>
      </Paper>
    </section>
  );
}
