import { Paper, Text } from '@mantine/core';
import type { RuleVersion } from '../../api/rule-queries.ts';
import { ActorText } from '../../parts/actor-text.tsx';
import { EventText } from '../../parts/event-text.tsx';
import { Time } from '../../parts/time.tsx';
import { ConditionText } from '../../rule-text/condition-text.tsx';
import { DeltaText } from '../../rule-text/delta-text.tsx';
import { MatcherText } from '../../rule-text/matcher-text.tsx';
import { RuleName } from './rule-name.tsx';
import { changesBetween, type RuleDifference } from './rule-changes.ts';
import classes from './rule-history.module.css';

const CHANGE_WORDS = new Map<string, string>([
  ['created', 'Created'],
  ['changed', 'Changed'],
  ['enabled', 'Switched on'],
  ['disabled', 'Switched off'],
  ['deleted', 'Deleted'],
  ['reverted', 'Its usage was taken back'],
  ['recounted', 'Its usage was recounted'],
]);

/** Who changed what in a rule, and when; newest first. */
export function RuleHistory({ history }: { readonly history: readonly RuleVersion[] }) {
  return (
    <Paper withBorder radius="lg">
      <ol className={classes['list']} reversed>
        {history.map((version, index) => (
          <li key={`${String(version.version)} ${version.at} ${version.change}`} className={classes['item']}>
            <div className={classes['head']}>
              <Text fw={600}>{CHANGE_WORDS.get(version.change) ?? version.change}</Text>
              <Text size="sm" c="dimmed" component="div">
                <Time at={version.at} /> by <ActorText actor={version.by} />
              </Text>
            </div>
            <Differences differences={changesBetween(history[index + 1]?.rule, version.rule)} />
          </li>
        ))}
      </ol>
    </Paper>
  );
}

function Differences({ differences }: { readonly differences: readonly RuleDifference[] }) {
  if (differences.length === 0) return null;
  return (
    <ul className={classes['differences']}>
      {differences.map((difference, index) => (
        <li key={index}>
          <DifferenceText difference={difference} />
        </li>
      ))}
    </ul>
  );
}

function DifferenceText({ difference }: { readonly difference: RuleDifference }) {
  const { before, after } = difference;
  switch (difference.kind) {
    case 'name':
      return (
        <>
          Name: <RuleName rule={before} /> → <RuleName rule={after} />
        </>
      );
    case 'feature':
      return (
        <>
          Counts for: <EventText>{before.featureId}</EventText> → <EventText>{after.featureId}</EventText>
        </>
      );
    case 'event':
      return (
        <>
          Events: <MatcherText matcher={before.event} /> → <MatcherText matcher={after.event} />
        </>
      );
    case 'delta':
      return (
        <>
          How much: <DeltaText delta={before.delta} /> → <DeltaText delta={after.delta} />
        </>
      );
    case 'added':
      return (
        <>
          Added: <ConditionText condition={difference.condition} />
        </>
      );
    case 'removed':
      return (
        <>
          Taken away: <ConditionText condition={difference.condition} />
        </>
      );
  }
}
