import type { ReactNode } from 'react';
import { Page } from '../../parts/page.tsx';
import { TabLinks } from '../../parts/tab-links.tsx';

interface EventsFrameProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The frame of the lists of events. */
export function EventsFrame({ title, description, actions, children }: EventsFrameProps) {
  return (
    <Page title={title} description={description} actions={actions}>
      <TabLinks
        label="Events"
        links={[
          { to: '/events', label: 'Live' },
          { to: '/events/search', label: 'Search' },
          { to: '/events/quarantine', label: 'Quarantine' },
        ]}
      />
      {children}
    </Page>
  );
}
