// Unit and in-process tests: they need nothing but the clone.
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/apps', '<rootDir>/libs', '<rootDir>/tools'],
  testMatch: ['**/*.test.ts', '**/*.test.mjs'],
  testPathIgnorePatterns: ['/node_modules/', '\\.conformance\\.test\\.ts$', '/apps/e2e/'],
  transform: { '\\.m?[tj]sx?$': '<rootDir>/tools/jest-esbuild.cjs' },
  transformIgnorePatterns: ['/node_modules/(?!(js-yaml|@prom)/)'],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'cjs', 'mjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  watchman: false,
  coverageProvider: 'v8',
}
