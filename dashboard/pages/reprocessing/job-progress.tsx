import { Badge, Text } from '@mantine/core';
import { Link } from 'wouter';
import type { Job } from '../../api/job-queries.ts';
import { EventText } from '../../parts/event-text.tsx';
import { ProgressBar } from '../../parts/progress-bar.tsx';
import { Time } from '../../parts/time.tsx';
import classes from './job-progress.module.css';

const STATUS = {
  running: { label: 'Running', color: 'blue' },
  done: { label: 'Done', color: 'teal' },
  failed: { label: 'Trying again', color: 'orange' },
} as const;

interface JobProgressProps {
  readonly job: Job;
  /** Whether its rule is a link; not on the page of that rule. @default true */
  readonly leadsToRule?: boolean;
}

/** What a job was started by, how far it is, and what it has done. */
export function JobProgress({ job, leadsToRule = true }: JobProgressProps) {
  const { label, color } = STATUS[job.status];
  const isRunning = job.status !== 'done';
  // Reverting and recounting know it only when they have read a part of all events.
  const remaining = isRunning ? job.remaining : undefined;
  return (
    <div className={classes['job']}>
      <div className={classes['head']}>
        <Text fw={600} component="div">
          {leadsToRule && job.ruleId !== undefined ? (
            <Link to={`/rules/id/${encodeURIComponent(job.ruleId)}`}>
              <EventText lengthMax={160}>{sentence(job.cause)}</EventText>
            </Link>
          ) : (
            <EventText lengthMax={160}>{sentence(job.cause)}</EventText>
          )}
        </Text>
        <Badge variant="light" color={color}>
          {label}
        </Badge>
      </div>
      {remaining !== undefined && (
        <ProgressBar
          label={`Progress: ${job.cause}`}
          done={job.scanned}
          total={job.scanned + remaining}
          isRunning
        />
      )}
      <div className={classes['figures']}>
        {job.status === 'done' && job.scanned === 0 ? (
          <span>No stored event was waiting for it</span>
        ) : (
          <>
            {job.kind !== 'revert' && (
              <span>
                <strong>{job.mapped.toLocaleString()}</strong> now counted
              </span>
            )}
            {job.reverted !== undefined && (
              <span>
                <strong>{job.reverted.toLocaleString()}</strong> taken back
              </span>
            )}
            <span>
              {job.scanned.toLocaleString()}{' '}
              {job.kind === 'reprocess' ? 'waiting events tried' : 'events looked at'}
            </span>
          </>
        )}
        {remaining !== undefined && <span>about {remaining.toLocaleString()} to go</span>}
        {job.rate !== undefined && isRunning && <span>{job.rate.toLocaleString()} a second</span>}
        <span>
          started <Time at={job.startedAt} as="relative" />
        </span>
        {job.finishedAt !== undefined && <span>took {duration(job.startedAt, job.finishedAt)}</span>}
      </div>
    </div>
  );
}

const sentence = (cause: string): string => cause.charAt(0).toUpperCase() + cause.slice(1);

function duration(from: string, to: string): string {
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  if (seconds < 1) return 'less than a second';
  if (seconds < 120) return `${String(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${String(minutes)} min` : `${String(Math.round(minutes / 60))} h`;
}
