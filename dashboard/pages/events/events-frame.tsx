import { TabbedPage, type TabProps } from '../../parts/tabbed-page.tsx';

const LINKS = [
  { to: '/events', label: 'Live' },
  { to: '/events/search', label: 'Search' },
  { to: '/events/quarantine', label: 'Quarantine' },
] as const;

/** The frame of the lists of events. */
export function EventsFrame(tab: TabProps) {
  return <TabbedPage label="Events" links={LINKS} tab={tab} />;
}
