// Compiles libs/collectors/native/syscalls.c for this machine's architecture. Only for who changes it: the result is
// in the repository, so that nothing compiles at install time.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = join(dirname(fileURLToPath(import.meta.url)), '../libs/collectors/native')
const prefix = join(dirname(process.execPath), '../include/node')
const headers = [prefix, '/usr/include/node'].find((path) => existsSync(join(path, 'node_api.h')))
if (!headers) {
  console.error('node_api.h not found: install the headers of Node')
  process.exit(1)
}
const target = join(folder, `syscalls-linux-${process.arch}.node`)
const options = ['-Os', '-s', '-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']
execFileSync(
  'cc',
  [
    ...options,
    '-DNODE_GYP_MODULE_NAME=syscalls',
    `-I${headers}`,
    join(folder, 'syscalls.c'),
    '-o',
    target,
  ],
  { stdio: 'inherit' },
)
console.log(target)
