// `npm run ok`: format, lint, boundaries, types, and the tests of what changed; --all runs every suite.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const isAll = process.argv.includes('--all')
const jest = 'node_modules/jest/bin/jest.js'
const steps = [
  ['node_modules/@biomejs/biome/bin/biome', 'check', '--write', '.'],
  ['tools/tidy.mjs'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'apps/server-ui/tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'apps/alertmanager-ui/tsconfig.json'],
  isAll ? [jest] : [jest, '--onlyChanged', '--passWithNoTests'],
]
if (isAll) {
  steps.push(['tools/ensure.mjs', '--build'])
  steps.push([jest, '-c', 'jest.conformance.config.cjs'])
  steps.push([jest, '-c', 'jest.e2e.config.cjs', '--runInBand'])
}
for (const args of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
