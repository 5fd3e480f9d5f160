import { Paper, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Overview } from '../../api/use-overview.ts';
import { Icon } from '../../parts/icon.tsx';
import classes from './next-steps.module.css';

interface Step {
  readonly to: string;
  readonly count: number;
  readonly what: string;
  readonly why: string;
}

/** What waits for somebody to look at it, each with a way there; or that nothing does. */
export function NextSteps({ overview }: { readonly overview: Overview }) {
  const steps = stepsOf(overview).filter(({ count }) => count > 0);
  if (steps.length === 0) {
    return (
      <Paper withBorder radius="lg" p="md" className={classes['calm']}>
        <Icon name="check" />
        <Text>Every event that arrived counts, and nothing waits for you.</Text>
      </Paper>
    );
  }
  return (
    <ul className={classes['steps']} aria-label="Waiting for you">
      {steps.map(({ to, count, what, why }) => (
        <li key={to}>
          <Link to={to} className={classes['step'] ?? ''}>
            <span className={classes['count']}>{count.toLocaleString()}</span>
            <span className={classes['words']}>
              <span className={classes['what']}>{what}</span>
              <span className={classes['why']}>{why}</span>
            </span>
            <Icon name="next" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

const stepsOf = ({ features, unmapped, flags, quarantined }: Overview): Step[] => [
  {
    to: '/start',
    count: features === 0 ? 1 : 0,
    what: 'feature to begin with',
    why: 'Events arrive, and nothing says yet what they count for',
  },
  {
    to: '/unmapped',
    count: unmapped.events,
    what: unmapped.events === 1 ? 'event does not count' : 'events do not count',
    why: `${unmapped.groups === 1 ? 'One kind of event' : `${unmapped.groups.toLocaleString()} kinds of events`} without a feature or rule`,
  },
  {
    to: '/problems',
    count: flags.sharedEmail,
    what: flags.sharedEmail === 1 ? 'email is shared' : 'emails are shared',
    why: 'Several users have it, and may be one person',
  },
  {
    to: '/events/quarantine',
    count: quarantined,
    what: quarantined === 1 ? 'event in quarantine' : 'events in quarantine',
    why: 'They failed again and again; see why, and send them back',
  },
];
