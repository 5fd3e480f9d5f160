import type { ReactNode } from 'react';
import { Page } from '../../parts/page.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';

interface SettingsPageProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of the pages of the settings. */
export function SettingsPage({ title, description, actions, children }: SettingsPageProps) {
  return (
    <Page title={title} description={description} actions={actions}>
      <TabLinks
        label="Settings"
        links={[
          { to: '/settings', label: 'API keys' },
          { to: '/settings/connect', label: 'Connect Segment' },
          { to: '/settings/billing', label: 'Billing providers' },
        ]}
      />
      {children}
    </Page>
  );
}
