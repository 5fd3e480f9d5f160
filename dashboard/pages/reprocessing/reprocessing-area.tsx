import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const reprocessingArea: PageArea = {
  label: 'Reprocessing',
  icon: <Icon name="reprocessing" />,
  path: '/reprocessing',
  badge: ({ jobsRunning }) => jobsRunning,
  pages: [
    {
      path: '/reprocessing',
      component: lazyPage(async () => (await import('./reprocessing-page.tsx')).ReprocessingPage),
    },
  ],
};
