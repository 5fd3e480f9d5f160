import { Alert, Paper, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError, sentenceOf } from '../../api/api-error.ts';
import { amountOf, type Feature } from '../../api/feature-queries.ts';
import type { RulePreview } from '../../api/rule-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { LoadingLines } from '../../parts/query-state.tsx';
import { signedAmount } from '../../parts/signed-amount.ts';
import { PreviewEvents } from './preview-events.tsx';
import classes from './preview-panel.module.css';

interface PreviewPanelProps {
  readonly preview: RulePreview | undefined;
  readonly error: unknown;
  readonly isUpdating: boolean;
  /** What has to be filled in first. */
  readonly missing: string | undefined;
  readonly features: readonly Feature[];
}

/** What saving the rule would do to the events that wait. */
export function PreviewPanel({ preview, error, isUpdating, missing, features }: PreviewPanelProps) {
  return (
    <Paper
      withBorder
      radius="lg"
      component="section"
      aria-label="Preview"
      aria-busy={isUpdating && missing === undefined}
      className={classes['panel']}
    >
      <div className={classes['head']}>
        <Title order={2} size="h4">
          Preview
        </Title>
        <Text size="sm" c="dimmed" role="status">
          {missing === undefined && isUpdating ? 'Looking…' : ''}
        </Text>
      </div>
      <Content {...{ preview, error, isUpdating, missing, features }} />
    </Paper>
  );
}

function Content({ preview, error, isUpdating, missing, features }: PreviewPanelProps): ReactNode {
  if (missing !== undefined) {
    return (
      <Text c="dimmed">
        {missing} Then you see here what the rule would count, before you save it. Nothing is changed by
        looking.
      </Text>
    );
  }
  if (error !== null && !isUpdating) {
    const isAboutFields = error instanceof ApiError && error.status === 400;
    return (
      <Alert color={isAboutFields ? 'gray' : 'red'} variant="light" role={isAboutFields ? 'status' : 'alert'}>
        {isAboutFields
          ? 'Something in the rule is not right yet; it says so at the field.'
          : sentenceOf(error)}
      </Alert>
    );
  }
  if (preview === undefined) return <LoadingLines lines={5} />;
  return (
    <div className={classes['content']} data-stale={isUpdating || undefined}>
      <Headline preview={preview} />
      <Added preview={preview} features={features} />
      <TopUsers preview={preview} features={features} />
      <PreviewEvents samples={preview.samples} nearMisses={preview.nearMisses} />
    </div>
  );
}

const number = (count: number): string => count.toLocaleString();

function Headline({
  preview: { matched, scanned, total, exact, invalidDelta },
}: {
  readonly preview: RulePreview;
}) {
  return (
    <div>
      <Text size="lg" fw={650} role="status">
        {total === 0
          ? 'No event with this name is waiting.'
          : matched === 0
            ? scanned === 1
              ? 'The one waiting event does not match.'
              : `None of ${number(scanned)} waiting events matches.`
            : scanned === 1
              ? 'The one waiting event would count.'
              : `${number(matched)} of ${number(scanned)} waiting events would count.`}
      </Text>
      {total === 0 && (
        <Text size="sm" c="dimmed">
          The rule would count events that arrive from now on. If you expected some to be here: the field
          offers the names of those that wait, and events that count already stay as they are.
        </Text>
      )}
      {!exact && (
        <Alert color="orange" variant="light" mt="xs">
          The figures cover {number(scanned)} of {number(total)} waiting events, not all of them. Saving the
          rule counts all that match.
        </Alert>
      )}
      {invalidDelta > 0 && (
        <Alert color="orange" variant="light" mt="xs">
          {number(invalidDelta)} more match, but their amount is not a number: they would stay unmapped.
        </Alert>
      )}
    </div>
  );
}

const byId = (features: readonly Feature[], id: string): Feature | undefined =>
  features.find((feature) => feature.id === id);

function Added({
  preview: { usage },
  features,
}: Pick<PreviewPanelProps, 'features'> & { readonly preview: RulePreview }) {
  if (usage.length === 0) return null;
  return (
    <div>
      <Text size="sm" fw={550} mb={4}>
        Usage that it adds
      </Text>
      <ul className={classes['rows']}>
        {usage.map(({ featureId, sum, count }) => (
          <li key={featureId} className={classes['row']}>
            <span>
              <EventText>{byId(features, featureId)?.name ?? featureId}</EventText>
            </span>
            <span className={classes['amount']}>
              {signedAmount(amountOf(byId(features, featureId), sum))}
              <span className={classes['soft']}>
                {' '}
                in {number(count)} {count === 1 ? 'event' : 'events'}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function TopUsers({
  preview: { users },
  features,
}: Pick<PreviewPanelProps, 'features'> & { readonly preview: RulePreview }) {
  if (users.length === 0) return null;
  const isOneFeature = new Set(users.map(({ featureId }) => featureId)).size === 1;
  return (
    <div>
      <Text size="sm" fw={550} mb={4}>
        Whom it changes most
      </Text>
      <ul className={classes['rows']}>
        {users.slice(0, 5).map(({ userId, featureId, sum }) => (
          <li key={`${featureId} ${userId}`} className={classes['row']}>
            <span>
              <EventText lengthMax={40}>{userId}</EventText>{' '}
              {!isOneFeature && (
                <span className={classes['soft']}>
                  for <EventText lengthMax={60}>{byId(features, featureId)?.name ?? featureId}</EventText>
                </span>
              )}
            </span>
            <span className={classes['amount']}>
              {signedAmount(amountOf(byId(features, featureId), sum))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
