// One jest project per kind of test, so that the kind of every test is visible in the tree and in the report.
// A new kind is a folder under test/ and a line here.
const kinds = ['unit', 'cases', 'property', 'contract', 'integration', 'infra', 'system'];

/** @param {string} kind */
const project = (kind) => ({
  displayName: kind,
  rootDir: import.meta.dirname,
  roots: [`<rootDir>/test/${kind}`],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
});

export default { projects: kinds.map(project), maxWorkers: 2, testTimeout: 30_000, silent: true };
