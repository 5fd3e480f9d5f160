import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const problemsArea: PageArea = {
  label: 'Problems',
  icon: <Icon name="problems" />,
  path: '/problems',
  // Not those without a billing id: before the first import that is everybody, and no emergency.
  badge: ({ flags }) => flags.sharedEmail,
  pages: [
    {
      path: '/problems',
      component: lazyPage(async () => (await import('./shared-email-page.tsx')).SharedEmailPage),
    },
    {
      path: '/problems/missing-billing',
      component: lazyPage(async () => (await import('./missing-billing-page.tsx')).MissingBillingPage),
    },
    {
      path: '/problems/merges',
      component: lazyPage(async () => (await import('./merges-page.tsx')).MergesPage),
    },
    {
      path: '/problems/imports',
      component: lazyPage(async () => (await import('./imports-page.tsx')).ImportsPage),
    },
    {
      path: '/problems/imports/:importId',
      component: lazyPage(async () => (await import('./import-page.tsx')).ImportPage),
    },
  ],
};
