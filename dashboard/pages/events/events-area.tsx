import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const eventsArea: PageArea = {
  label: 'Events',
  icon: <Icon name="events" />,
  path: '/events',
  badge: ({ quarantined }) => quarantined,
  pages: [
    { path: '/events', component: lazyPage(async () => (await import('./feed-page.tsx')).FeedPage) },
    {
      path: '/events/search',
      component: lazyPage(async () => (await import('./search-page.tsx')).SearchPage),
    },
    {
      path: '/events/quarantine',
      component: lazyPage(async () => (await import('./quarantine-page.tsx')).QuarantinePage),
    },
    {
      path: '/events/id/:messageId',
      component: lazyPage(async () => (await import('./event-page.tsx')).EventPage),
    },
  ],
};
