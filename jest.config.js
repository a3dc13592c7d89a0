/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  // What hangs is told in time; a graph that starts on a busy machine is not it.
  testTimeout: 30_000,
  testEnvironmentOptions: { customExportConditions: ['portico:source', 'node', 'node-addons'] },
  globalSetup: '<rootDir>/packages/testkit/src/jest-setup.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/jest-teardown.ts',
  testMatch: ['<rootDir>/**/test/**/*.test.ts', '<rootDir>/e2e/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/', '/.portico/', '<rootDir>/bench/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2024' },
        module: { type: 'es6' },
      },
    ],
  },
}
