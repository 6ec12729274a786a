// Compiles the addons (native/*.c of a lib) for x86-64 and, where a cross compiler is installed, arm64. Only for who
// changes them: the results are in the repository, so that nothing compiles at install time.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const sources = ['libs/collectors/native/syscalls', 'libs/runtime/native/host-calls']
const compilers = { x64: ['x86_64-linux-gnu-gcc', 'cc'], arm64: ['aarch64-linux-gnu-gcc'] }

const prefix = join(dirname(process.execPath), '../include/node')
const headers = [prefix, '/usr/include/node'].find((path) => existsSync(join(path, 'node_api.h')))
if (!headers) {
  console.error('node_api.h not found: install the headers of Node')
  process.exit(1)
}
const options = ['-Os', '-s', '-shared', '-fPIC', '-fvisibility=hidden', '-Wall', '-Wextra']

for (const [arch, names] of Object.entries(compilers)) {
  const compiler = names.find(
    (name) => isInstalled(name) && (name !== 'cc' || arch === process.arch),
  )
  if (!compiler) {
    console.log(`${arch}: no compiler (${names.join(', ')}), left as it is`)
    continue
  }
  for (const source of sources) {
    const target = join(root, `${source}-linux-${arch}.node`)
    const module = source.slice(source.lastIndexOf('/') + 1).replace('-', '_')
    const defines = [`-DNODE_GYP_MODULE_NAME=${module}`, `-I${headers}`]
    execFileSync(compiler, [...options, ...defines, join(root, `${source}.c`), '-o', target], {
      stdio: 'inherit',
    })
    console.log(target)
  }
}

function isInstalled(name) {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
