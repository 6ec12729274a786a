// Compiles libs/kernels/assembly to one WASM module and writes it as a TypeScript string, so that the
// programs and the tests carry it without a file to find. Does nothing while the source is unchanged.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'libs/kernels/assembly')
const output = join(root, 'libs/kernels/src/wasm.generated.ts')
const wasm = join(root, 'dist/kernels/kernels.wasm')

const flags = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '16',
  '--maximumMemory',
  '65536',
  '--enable',
  'simd',
  '--enable',
  'threads',
  '--enable',
  'bulk-memory',
]

const hash = createHash('sha256').update(flags.join(' '))
for (const name of readdirSync(source).sort())
  hash.update(name).update(readFileSync(join(source, name)))
const mark = `// ${hash.digest('hex')}`
if (existsSync(output) && readFileSync(output, 'utf8').startsWith(mark)) process.exit(0)

console.error('Compiling kernels ...')
mkdirSync(dirname(wasm), { recursive: true })
const asc = join(root, 'node_modules/assemblyscript/bin/asc.js')
const { status } = spawnSync(
  process.execPath,
  [asc, join(source, 'index.ts'), ...flags, '-o', wasm],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (status !== 0) process.exit(status ?? 1)
writeFileSync(
  output,
  `${mark}\nexport const wasmBase64 =\n  '${readFileSync(wasm).toString('base64')}'\n`,
)
