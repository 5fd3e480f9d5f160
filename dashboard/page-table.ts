import type { PageArea } from './page-area.ts';
import { eventsArea } from './pages/events/events-area.tsx';
import { featuresArea } from './pages/features/features-area.tsx';
import { overviewArea } from './pages/overview/overview-area.tsx';
import { problemsArea } from './pages/problems/problems-area.tsx';
import { reprocessingArea } from './pages/reprocessing/reprocessing-area.tsx';
import { rulesArea } from './pages/rules/rules-area.tsx';
import { settingsArea } from './pages/settings/settings-area.tsx';
import { unmappedArea } from './pages/unmapped/unmapped-area.tsx';
import { usersArea } from './pages/users/users-area.tsx';

/** Everything there is to see, in the order of the navigation. */
export const pageAreas: readonly PageArea[] = [
  overviewArea,
  eventsArea,
  unmappedArea,
  rulesArea,
  reprocessingArea,
  featuresArea,
  usersArea,
  problemsArea,
  settingsArea,
];
