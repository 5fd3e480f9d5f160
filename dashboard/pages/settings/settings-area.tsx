import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const settingsArea: PageArea = {
  label: 'Settings',
  icon: <Icon name="settings" />,
  path: '/settings',
  pages: [
    { path: '/settings', component: lazyPage(async () => (await import('./keys-page.tsx')).KeysPage) },
    {
      path: '/settings/connect',
      component: lazyPage(async () => (await import('./connect-page.tsx')).ConnectPage),
    },
    {
      path: '/settings/billing',
      component: lazyPage(async () => (await import('./billing-page.tsx')).BillingPage),
    },
  ],
};
