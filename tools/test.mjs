// `npm test`: boundaries, types, then every unit and in-process test. Extra arguments go to jest.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const steps = [
  ['tools/tidy.mjs'],
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'apps/server-ui/tsconfig.json'],
  ['node_modules/typescript/bin/tsc', '-p', 'apps/alertmanager-ui/tsconfig.json'],
  ['node_modules/jest/bin/jest.js', ...process.argv.slice(2)],
]
for (const args of steps) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
