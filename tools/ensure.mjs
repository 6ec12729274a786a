// Makes a fresh clone ready: installs packages when the lock file changed, compiles the kernels when
// their source changed, and with --build also builds the programs. Needs Node alone.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const at = (...parts) => join(root, ...parts)

function run(command, args) {
  const { status, signal } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? (signal ? 130 : 1))
}

const stamp = at('node_modules', '.package-lock.json')
const isStale =
  !existsSync(stamp) || statSync(stamp).mtimeMs < statSync(at('package-lock.json')).mtimeMs
if (isStale) {
  console.error('Installing packages ...')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'])
  utimesSync(stamp, new Date(), new Date())
}
run(process.execPath, [at('tools', 'build-kernels.mjs')])
if (process.argv.includes('--build')) {
  run(process.execPath, [
    at('node_modules', 'nx', 'dist', 'bin', 'nx.js'),
    'run-many',
    '-t',
    'build',
  ])
  run(process.execPath, [at('tools', 'launchers.mjs')])
}
