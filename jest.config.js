import { project, settings } from './jest.project.js';

// One jest project per kind of test, so that the kind of every test is visible in the tree and in the report.
// A new kind is a folder under test/ and a name here.
const kinds = ['unit', 'cases', 'property', 'contract', 'integration', 'infra', 'system', 'simulation'];

export default { ...settings, projects: kinds.map(project) };
