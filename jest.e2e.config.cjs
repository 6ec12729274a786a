// Black-box suites: built programs on free ports, beside the originals.
module.exports = {
  ...require('./jest.config.cjs'),
  roots: ['<rootDir>/apps/e2e'],
  testMatch: ['**/apps/e2e/**/*.e2e.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
}
