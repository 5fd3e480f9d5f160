import { Button, Paper } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { latestJobs } from '../../api/job-queries.ts';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Page } from '../../parts/page.tsx';
import { QueryState } from '../../parts/query-state.tsx';
import { JobProgress } from './job-progress.tsx';
import classes from './job-progress.module.css';

const JOBS_MAX = 50;

export function ReprocessingPage() {
  const queryClient = useQueryClient();
  const jobs = useQuery(latestJobs(JOBS_MAX));
  const running = jobs.data?.filter(({ status }) => status === 'running').length;
  // The number in the navigation says the same as the page.
  useEffect(() => {
    if (running !== undefined) void queryClient.invalidateQueries({ queryKey: ['overview'] });
  }, [running, queryClient]);
  return (
    <Page
      title="Reprocessing"
      description="After a change of rules or features, the stored events that are waiting are tried again, beside the new ones. It goes on by itself when you leave, and after a crash. Kept for 30 days."
    >
      <QueryState query={jobs}>
        {(all) =>
          all.length === 0 ? (
            <EmptyState
              title="Nothing has been reprocessed yet"
              actions={
                <Button component={Link} href="/unmapped">
                  See what is waiting
                </Button>
              }
            >
              Save a rule or a feature that waiting events match, and its progress is here.
            </EmptyState>
          ) : (
            <Paper withBorder radius="lg">
              <ul className={classes['list']}>
                {all.map((job) => (
                  <li key={job.id} className={classes['item']}>
                    <JobProgress job={job} />
                  </li>
                ))}
              </ul>
            </Paper>
          )
        }
      </QueryState>
    </Page>
  );
}
