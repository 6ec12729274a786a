// Bundles one program: node tools/build.mjs apps/<program>. package.json says its name under
// `program.name` and its thread entries under `program.threads` ({ ingest: "src/threads/ingest.ts" }); a command
// lines under `program.codeCache` make a short-lived tool start from compiled code: each of its dynamic imports is a
// bundle of its own then (part-<name>.cjs), loaded when needed.
// What `program.lazy` names ({ package: [exports] }) is evaluated when it is first used.
// Leaves dist/apps/<program>/{main,<thread>}.cjs; tools/launchers.mjs writes dist/bin/<name>.
import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildUi } from './build-ui.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const folder = basename(process.argv[2] ?? '')
const project = join(root, 'apps', folder)
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
const {
  ui,
  threads = {},
  budgetKb = 6000,
  without = [],
  assets = [],
  lazy = {},
  codeCache,
  nodeFlags = '',
} = manifest.program
const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
const out = join(root, 'dist/apps', folder)

if (ui) {
  await buildUi({ project, out })
  process.exit(0)
}

function git(...args) {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}

const entryPoints = { main: join(project, 'src/bin.ts') }
for (const [thread, path] of Object.entries(threads)) entryPoints[thread] = join(project, path)
if (!existsSync(entryPoints.main)) {
  console.error(`${folder}: no src/bin.ts`)
  process.exit(1)
}

/** Bundles of dynamically imported modules and lazy packages: name -> file. Found while other bundles are made. */
const parts = {}

/** Stands for a package that most runs do not need: its exports fetch it. */
const lazyPackages = {
  name: 'lazy',
  setup(bundle) {
    for (const name of Object.keys(lazy)) {
      bundle.onResolve({ filter: new RegExp(`^${name}$`) }, async (asked) => {
        const { resolveDir, pluginData, namespace } = asked
        // A module of Node's own has the same name inside.
        if (pluginData === 'itself' || namespace === 'lazy') return undefined
        // Each lib has its own version of a package.
        const found = await bundle.resolve(name, {
          resolveDir,
          kind: 'import-statement',
          pluginData: 'itself',
        })
        return { path: name, namespace: 'lazy', pluginData: found.path }
      })
    }
    const isOwnBundle = { filter: /^\.\/part-/, namespace: 'lazy' }
    bundle.onResolve(isOwnBundle, ({ path }) => ({ path, external: true }))
    bundle.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path, pluginData: file }) => {
      const getters = lazy[path].map(
        (key) =>
          `Object.defineProperty(exports, '${key}', { enumerable: true, get: () => load().${key} })`,
      )
      // Where commands are bundles of their own, so is what few of them need.
      const wanted = codeCache ? `./part-${path}.cjs` : file
      if (codeCache) parts[path] = file
      const contents = `let loaded\nconst load = () => (loaded ??= require('${wanted}'))\n${getters.join('\n')}`
      return { contents, resolveDir: root, loader: 'js' }
    })
  },
}

const splitting = {
  name: 'parts',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined
      const name = basename(path, '.ts')
      parts[name] = join(resolveDir, path)
      return { path: `./part-${name}.cjs`, external: true }
    })
  },
}

const options = {
  outdir: out,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  plugins: [lazyPackages],
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  splitting: false,
  minifySyntax: true,
  // Reading a file is a part of each start.
  minifyWhitespace: codeCache !== undefined,
  sourcemap: 'linked',
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
  // What a program lists under `program.without` it never loads.
  external: ['*.node', 'snappy', ...without],
  define: {
    BUILD_VERSION: JSON.stringify(version),
    BUILD_REVISION: JSON.stringify(git('rev-parse', 'HEAD')),
    BUILD_BRANCH: JSON.stringify(git('rev-parse', '--abbrev-ref', 'HEAD')),
    BUILD_DATE: JSON.stringify(
      git('log', '-1', '--format=%cd', '--date=format-local:%Y%m%d-%H:%M:%S'),
    ),
    'import.meta.url': '__importMeta.url',
  },
  banner: {
    js: 'const __importMeta = { get url() { return require("node:url").pathToFileURL(__filename).href } };',
  },
}

// Parts and caches of the build before.
for (const name of existsSync(out) ? readdirSync(out) : []) {
  if (/^part-|\.cache$/.test(name)) rmSync(join(out, name))
}
const outputs = {}
if (codeCache) {
  const supported = { 'dynamic-import': false }
  const main = await build({ ...options, entryPoints, plugins: [splitting], supported })
  Object.assign(outputs, main.metafile.outputs)
  const made = new Set()
  for (;;) {
    const wanted = Object.entries(parts).filter(([name]) => !made.has(name))
    if (wanted.length === 0) break
    for (const [name] of wanted) made.add(name)
    const entryPoints = Object.fromEntries(wanted.map(([name, path]) => [`part-${name}`, path]))
    // A lazy package is itself in its own bundle.
    const isPackage = wanted.every(([name]) => name in lazy)
    const plugins = isPackage ? [] : [lazyPackages]
    const rest = await build({ ...options, entryPoints, plugins })
    Object.assign(outputs, rest.metafile.outputs)
  }
} else {
  const { metafile } = await build({ ...options, entryPoints })
  Object.assign(outputs, metafile.outputs)
}

// Files that are loaded from beside the bundle.
for (const path of assets) copyFileSync(join(root, path), join(out, basename(path)))

// What the commands run is compiled into the caches. They run in a folder of their own, with their files.
if (codeCache) {
  const launcher = join(out, 'cached-launcher.cjs')
  copyFileSync(join(root, 'tools/cached-launcher.cjs'), launcher)
  const cwd = mkdtempSync(join(tmpdir(), 'code-cache-'))
  for (const { argv, stdin = '', files = {} } of codeCache) {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
    // V8 takes a cache only where its flags are the same.
    execFileSync(process.execPath, [...nodeFlags.split(' ').filter(Boolean), launcher, ...argv], {
      cwd,
      env: { ...process.env, BUILD_CODE_CACHE: '1' },
      input: stdin,
      stdio: ['pipe', 'ignore', 'inherit'],
      timeout: 60_000,
    })
  }
  rmSync(cwd, { recursive: true })
}

for (const [path, { bytes }] of Object.entries(outputs)) {
  if (!path.endsWith('.cjs')) continue
  const kb = Math.round(bytes / 1024)
  console.log(`${basename(dirname(path))}/${basename(path)} ${kb} kB`)
  if (kb > budgetKb) {
    console.error(`${path} is over its budget of ${budgetKb} kB`)
    process.exit(1)
  }
}
