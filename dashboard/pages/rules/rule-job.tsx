import { Paper, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { latestJobs } from '../../api/job-queries.ts';
import { JobProgress } from '../reprocessing/job-progress.tsx';

const JOBS_MAX = 20;
/** The job is begun when the change is seen, a moment later. */
const BEGINS_WITHIN_MS = 20_000;
const SHOWN_FOR_MS = 24 * 3_600_000;

/** What came of the latest change of a rule: the waiting events are tried again, which can be watched here. */
export function RuleJob({ updatedAt }: { readonly updatedAt: string }) {
  const changed = Date.parse(updatedAt);
  const age = Date.now() - changed;
  const isFresh = age < BEGINS_WITHIN_MS;
  const jobs = useQuery({ ...latestJobs(JOBS_MAX), ...(isFresh && { refetchInterval: 1_000 }) });
  // The first that began after it. Later ones belong to later changes.
  const job = jobs.data?.findLast(({ startedAt }) => Date.parse(startedAt) >= changed);
  if (age > SHOWN_FOR_MS || (job === undefined && !isFresh)) return null;
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Reprocessing">
      {job === undefined ? (
        <Text c="dimmed" role="status">
          The events that are waiting are being looked through…
        </Text>
      ) : (
        <JobProgress job={job} />
      )}
      <Text size="sm" mt="xs">
        <Link to="/reprocessing">All reprocessing</Link>
      </Text>
    </Paper>
  );
}
