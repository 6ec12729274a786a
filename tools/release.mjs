// `npm run release [-- <program> ...]`: one executable file per program in dist/release, with Node, program and pages
// inside.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, relative } from 'node:path'
import { readPrograms, readServices, root } from './programs.mjs'

const out = join(root, 'dist/release')
const work = join(out, 'work')
// What Node looks for, see its documentation of single executable applications.
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2'
const RESOURCE = 'NODE_SEA_BLOB'
const POSTJECT = join(root, 'node_modules/postject/dist/cli.js')

function filesOf(app) {
  const folder = join(root, 'dist/apps', app)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && !path.endsWith('.map'))
}

function release(name, { app, nodeFlags }, ui) {
  const files = [app, ...(ui ? [ui] : [])].flatMap(filesOf)
  const assets = Object.fromEntries(
    files.map((path) => [relative(join(root, 'dist/apps'), path), path]),
  )
  const hash = createHash('sha256')
  for (const [path, source] of Object.entries(assets))
    hash.update(path).update(readFileSync(source))
  const manifest = join(work, 'manifest.json')
  writeFileSync(
    manifest,
    JSON.stringify({
      files: Object.keys(assets),
      entry: `${app}/main.cjs`,
      key: `${name}-${hash.digest('hex').slice(0, 16)}`,
      flags: nodeFlags.split(' ').filter(Boolean),
    }),
  )
  const blob = join(work, 'blob')
  const config = join(work, 'config.json')
  writeFileSync(
    config,
    JSON.stringify({
      main: join(root, 'tools/sea-main.cjs'),
      output: blob,
      assets: { ...assets, 'manifest.json': manifest },
      disableExperimentalSEAWarning: true,
    }),
  )
  execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'ignore' })
  const file = join(out, `${name}-${process.platform}-${process.arch}`)
  copyFileSync(process.execPath, file)
  chmodSync(file, 0o755)
  const options = ['--sentinel-fuse', FUSE]
  execFileSync(process.execPath, [POSTJECT, file, RESOURCE, blob, ...options], { stdio: 'pipe' })
  console.log(`${file} ${Math.round(statSync(file).size / 2 ** 20)} MiB`)
}

rmSync(out, { recursive: true, force: true })
mkdirSync(work, { recursive: true })
const services = readServices()
const wanted = process.argv.slice(2)
for (const [name, program] of Object.entries(readPrograms())) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  release(name, program, services[name]?.ui)
}
rmSync(work, { recursive: true })
