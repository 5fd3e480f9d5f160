import type { PageArea } from './page-area.ts';
import { featuresArea } from './pages/features/features-area.tsx';
import { settingsArea } from './pages/settings/settings-area.tsx';

/** Everything there is to see, in the order of the navigation. */
export const pageAreas: readonly PageArea[] = [featuresArea, settingsArea];
