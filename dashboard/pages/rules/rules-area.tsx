import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const rulesArea: PageArea = {
  label: 'Rules',
  icon: <Icon name="rules" />,
  path: '/rules',
  pages: [
    { path: '/rules', component: lazyPage(async () => (await import('./rules-page.tsx')).RulesPage) },
    {
      path: '/rules/new',
      component: lazyPage(async () => (await import('./new-rule-page.tsx')).NewRulePage),
    },
    {
      path: '/rules/import',
      component: lazyPage(async () => (await import('./import-filter-page.tsx')).ImportFilterPage),
    },
    {
      path: '/rules/id/:ruleId',
      component: lazyPage(async () => (await import('./rule-page.tsx')).RulePage),
    },
    {
      path: '/rules/id/:ruleId/edit',
      component: lazyPage(async () => (await import('./edit-rule-page.tsx')).EditRulePage),
    },
  ],
};
