import { useOverview } from '../../api/use-overview.ts';
import { TabbedPage, type TabProps } from '../../parts/tabbed-page.tsx';

/** The frame of the pages about who is who. */
export function ProblemsPage(tab: TabProps) {
  const flags = useOverview().data?.flags;
  const links = [
    { to: '/problems', label: counted('Shared emails', flags?.sharedEmail) },
    { to: '/problems/missing-billing', label: counted('Without billing id', flags?.missingBilling) },
    { to: '/problems/merges', label: 'Merges' },
    { to: '/problems/imports', label: 'Imports' },
  ];
  return <TabbedPage label="Problems" links={links} tab={tab} />;
}

const counted = (label: string, count: number | undefined): string =>
  count === undefined || count === 0 ? label : `${label} (${count.toLocaleString()})`;
