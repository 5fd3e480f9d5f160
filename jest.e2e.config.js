import { project, settings } from './jest.project.js';

// Tests in a real Chromium: `npm run e2e`. Apart from the others, because they need more than Node.
export default { ...settings, projects: [project('e2e')] };
