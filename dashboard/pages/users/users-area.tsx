import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const usersArea: PageArea = {
  label: 'Users',
  icon: <Icon name="users" />,
  path: '/users',
  pages: [
    { path: '/users', component: lazyPage(async () => (await import('./users-page.tsx')).UsersPage) },
    { path: '/users/:userId', component: lazyPage(async () => (await import('./user-page.tsx')).UserPage) },
  ],
};
