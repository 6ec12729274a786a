// What needs ../shared or the original programs. Missing inputs are failures, never skips.
module.exports = {
  ...require('./jest.config.cjs'),
  testMatch: ['**/*.conformance.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
}
