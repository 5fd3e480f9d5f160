import type { PageArea } from '../../page-area.ts';
import { Icon } from '../../parts/icon.tsx';
import { lazyPage } from '../../parts/lazy-page.ts';

export const featuresArea: PageArea = {
  label: 'Features',
  icon: <Icon name="features" />,
  path: '/features',
  pages: [
    {
      path: '/features',
      component: lazyPage(async () => (await import('./features-page.tsx')).FeaturesPage),
    },
    {
      path: '/features/:featureId',
      component: lazyPage(async () => (await import('./feature-page.tsx')).FeaturePage),
    },
  ],
};
