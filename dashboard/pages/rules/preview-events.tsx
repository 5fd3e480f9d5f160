import { Tabs, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { RulePreview } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { signedAmount } from '../../parts/signed-amount.ts';
import { Time } from '../../parts/time.tsx';
import { FailedText } from '../../rule-text/failed-text.tsx';
import { PropertyLine } from '../../rule-text/property-line.tsx';
import classes from './preview-panel.module.css';

/** Of each kind; they tell what it is about. */
const SHOWN_MAX = 5;

type PreviewEventsProps = Pick<RulePreview, 'samples' | 'nearMisses'>;

/** Events that would count, and those that one condition keeps from it. */
export function PreviewEvents({ samples, nearMisses }: PreviewEventsProps) {
  if (samples.length === 0 && nearMisses.length === 0) return null;
  return (
    <Tabs
      defaultValue={samples.length > 0 ? 'samples' : 'misses'}
      key={String(samples.length > 0)}
      keepMounted={false}
    >
      <Tabs.List aria-label="Events of the preview" mb="xs">
        <Tabs.Tab value="samples" disabled={samples.length === 0}>
          Would count
        </Tabs.Tab>
        <Tabs.Tab value="misses" disabled={nearMisses.length === 0}>
          Near misses
        </Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="samples">
        {samples.slice(0, SHOWN_MAX).map(({ delta, ...event }) => (
          <div key={event.messageId} className={classes['event']}>
            <Head event={event} />
            <PropertyLine properties={event.properties} />
            <Text size="sm" fw={600}>
              {signedAmount(delta)}
            </Text>
          </div>
        ))}
      </Tabs.Panel>
      <Tabs.Panel value="misses">
        <Text size="sm" c="dimmed">
          All conditions but one hold for these.
        </Text>
        {nearMisses.slice(0, SHOWN_MAX).map(({ failed, ...event }) => (
          <div key={event.messageId} className={classes['event']}>
            <Head event={event} />
            <PropertyLine properties={event.properties} />
            <div className={classes['failed']}>
              <FailedText failed={failed} />
            </div>
          </div>
        ))}
      </Tabs.Panel>
    </Tabs>
  );
}

function Head({
  event,
}: {
  readonly event: RulePreview['nearMisses'][number] | Omit<RulePreview['samples'][number], 'delta'>;
}) {
  return (
    <div className={classes['eventHead']}>
      <Link to={`/events/id/${encodeURIComponent(event.messageId)}`}>
        <EventText lengthMax={60}>{event.event}</EventText>
      </Link>
      <span className={classes['soft']}>
        <EventText lengthMax={40}>{event.userId}</EventText> · <Time at={event.timestamp} as="relative" />
      </span>
    </div>
  );
}
