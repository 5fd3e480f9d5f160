import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const overviewArea: PageArea = {
  label: 'Overview',
  icon: <Icon name="overview" />,
  path: '/overview',
  pages: [
    {
      path: '/overview',
      component: lazyPage(async () => (await import('./overview-page.tsx')).OverviewPage),
    },
    { path: '/start', component: lazyPage(async () => (await import('../start/start-page.tsx')).StartPage) },
  ],
};
