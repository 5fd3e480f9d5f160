import type { ReactNode } from 'react';
import { Page } from './page.tsx';
import { TabLinks } from './tab-links.tsx';

/** What a page that is one of several tabs says of itself. */
export interface TabProps {
  readonly title: string;
  readonly description: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

interface TabbedPageProps {
  /** What the tabs are of: "Events". */
  readonly label: string;
  readonly links: readonly { readonly to: string; readonly label: string }[];
  readonly tab: TabProps;
}

/** The frame of pages that lie side by side. */
export function TabbedPage({ label, links, tab }: TabbedPageProps) {
  const { title, description, actions, children } = tab;
  return (
    <Page title={title} description={description} actions={actions}>
      <TabLinks label={label} links={links} />
      {children}
    </Page>
  );
}
