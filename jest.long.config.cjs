// Suites too long, or asking too much of the machine, for every change.
module.exports = {
  ...require('./jest.e2e.config.cjs'),
  testMatch: ['**/apps/e2e/**/*.long.test.ts'],
}
