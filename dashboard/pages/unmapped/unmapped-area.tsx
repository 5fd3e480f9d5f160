import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const unmappedArea: PageArea = {
  label: 'Unmapped',
  icon: <Icon name="unmapped" />,
  path: '/unmapped',
  badge: ({ unmapped }) => unmapped.groups,
  pages: [
    {
      path: '/unmapped',
      component: lazyPage(async () => (await import('./unmapped-page.tsx')).UnmappedPage),
    },
    {
      path: '/unmapped/group',
      component: lazyPage(async () => (await import('./unmapped-group-page.tsx')).UnmappedGroupPage),
    },
  ],
};
