// The settings that every kind of test shares.

/** The jest project of the tests under test/<kind>/. @param {string} kind */
export const project = (kind) => ({
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

// Function logs are not what a test run is read for. Two cores is what CI has. The time-out only ends what hangs: how fast
// a machine is, is no matter for a test.
export const settings = { maxWorkers: 2, testTimeout: 120_000, silent: true };
