import { Group, Paper, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { latestJobs, type Job } from '../../api/job-queries.ts';
import type { Rule } from '../../api/rule-queries.ts';
import { JobProgress } from '../reprocessing/job-progress.tsx';

const JOBS_MAX = 20;
/** The job is begun when the change is seen, a moment later. */
const BEGINS_WITHIN_MS = 20_000;
const SHOWN_FOR_MS = 24 * 3_600_000;

/** What came of the latest change of a rule: the waiting events are tried again, which can be watched here. */
export function RuleJob({ rule }: { readonly rule: Rule }) {
  const changed = Date.parse(rule.updatedAt);
  const age = Date.now() - changed;
  const isFresh = age < BEGINS_WITHIN_MS;
  const query = useQuery({ ...latestJobs(JOBS_MAX), ...(isFresh && { refetchInterval: 1_000 }) });
  const jobs = jobsOf(rule, query.data ?? []);
  if (age > SHOWN_FOR_MS || (jobs.length === 0 && !isFresh)) return null;
  return (
    <Paper withBorder radius="lg" p="lg" component="section" aria-label="Reprocessing">
      {jobs.length === 0 ? (
        <Text c="dimmed" role="status">
          The events that are waiting are being looked through…
        </Text>
      ) : (
        <Stack gap="lg">
          {jobs.map((job) => (
            <JobProgress key={job.id} job={job} leadsToRule={false} />
          ))}
        </Stack>
      )}
      <Group gap="lg" mt="xs" fz="sm">
        <Link to={`/features/${encodeURIComponent(rule.featureId)}`}>See the usage</Link>
        <Link to="/reprocessing">All reprocessing</Link>
      </Group>
    </Paper>
  );
}

/** Recounting and reverting have a job besides the one that tries what is waiting. */
function jobsOf({ id, updatedAt }: Rule, latest: readonly Job[]): readonly Job[] {
  const since = latest.filter(({ startedAt }) => Date.parse(startedAt) >= Date.parse(updatedAt));
  const own = since.filter(({ ruleId }) => ruleId === id);
  // Changes in quick succession have one job, which names the last of them.
  return own.length > 0 ? own : since.slice(-1);
}
