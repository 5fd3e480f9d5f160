import { TabbedPage, type TabProps } from '../../parts/tabbed-page.tsx';

const LINKS = [
  { to: '/settings', label: 'API keys' },
  { to: '/settings/connect', label: 'Connect Segment' },
  { to: '/settings/billing', label: 'Billing providers' },
] as const;

/** The frame of the pages of the settings. */
export function SettingsPage(tab: TabProps) {
  return <TabbedPage label="Settings" links={LINKS} tab={tab} />;
}
