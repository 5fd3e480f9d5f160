import type { ReactNode } from 'react';
import { useOverview } from '../../api/use-overview.ts';
import { Page } from '../../parts/page.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';

interface ProblemsPageProps {
  readonly title: string;
  readonly description: string;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of the pages about who is who. */
export function ProblemsPage({ title, description, actions, children }: ProblemsPageProps) {
  const flags = useOverview().data?.flags;
  const counted = (label: string, count: number | undefined): string =>
    count === undefined || count === 0 ? label : `${label} (${count.toLocaleString()})`;
  return (
    <Page title={title} description={description} actions={actions}>
      <TabLinks
        label="Problems"
        links={[
          { to: '/problems', label: counted('Shared emails', flags?.sharedEmail) },
          {
            to: '/problems/missing-billing',
            label: counted('Without billing id', flags?.missingBilling),
          },
          { to: '/problems/merges', label: 'Merges' },
          { to: '/problems/imports', label: 'Imports' },
        ]}
      />
      {children}
    </Page>
  );
}
