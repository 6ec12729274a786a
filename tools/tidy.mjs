// Checks what a linter cannot see: bands, declared dependencies, relative escapes, one version per
// package, what may touch the host, file sizes, and that every lib has a README. Prints each breach.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const LINES_MAX = 500
const breaches = []
const breach = (file, text) => breaches.push(`${relative(root, file)}: ${text}`)
const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

function* walk(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.name === 'node_modules' || entry.name === 'testdata' || entry.name === 'dist')
      continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* walk(path)
    else if (/\.tsx?$/.test(entry.name)) yield path
  }
}

const workspaces = new Map()
for (const kind of ['apps', 'libs']) {
  for (const name of readdirSync(join(root, kind))) {
    const manifest = join(root, kind, name, 'package.json')
    if (!existsSync(manifest)) continue
    const json = readJson(manifest)
    const band = Number(json.nx?.tags?.find((tag) => tag.startsWith('band:'))?.slice(5) ?? NaN)
    if (Number.isNaN(band)) breach(manifest, 'has no band tag')
    workspaces.set(json.name, { kind, name, band, json, folder: join(root, kind, name) })
  }
}

// One exact version of each package repo-wide.
const versions = new Map()
for (const { json, folder } of [
  ...workspaces.values(),
  { json: readJson(join(root, 'package.json')), folder: root },
]) {
  for (const [name, version] of Object.entries({ ...json.dependencies, ...json.devDependencies })) {
    if (name.startsWith('@prom/')) continue
    if (!/^\d/.test(version))
      breach(join(folder, 'package.json'), `${name} needs an exact version, has ${version}`)
    const known = versions.get(name)
    if (known && known !== version)
      breach(join(folder, 'package.json'), `${name} ${version} and ${known}`)
    versions.set(name, version)
  }
}

const rootDev = new Set(Object.keys(readJson(join(root, 'package.json')).devDependencies))
const importPattern =
  /(?:^(?:import|export)\b[^'\n]*\bfrom |^import |^\} from |\bimport\(|\brequire\()\s*'([^'\n]+)'/gm
const hostPattern =
  /\b(Date\.now\(|new Date\(\)|setTimeout\(|setInterval\(|setImmediate\(|Math\.random\(|process\.(?!hrtime)|console\.|performance\.now\()/
const touchesHost = (path) =>
  /\/libs\/(runtime\/src\/node|http)\//.test(path) ||
  /\/threads\//.test(path) ||
  /\/(bin|thread-host)\.ts$/.test(path) ||
  /-ui\/|libs\/ui\//.test(path)

for (const [name, { kind, band, json, folder }] of workspaces) {
  if (kind === 'libs' && !existsSync(join(folder, 'README.md'))) breach(folder, 'has no README.md')
  if (!existsSync(join(folder, 'src'))) continue
  const declared = { ...json.dependencies, ...json.devDependencies }
  for (const path of walk(join(folder, 'src'))) {
    const text = readFileSync(path, 'utf8')
    const isTest = /\.(test|bench)\.tsx?$|\/testing\//.test(path)
    const lines = text.split('\n')
    const isExempt = /\.generated\.ts$/.test(path) || text.includes('tidy: table') || isTest
    if (lines.length > LINES_MAX && !isExempt)
      breach(path, `${lines.length} lines, more than ${LINES_MAX}`)
    if (path.endsWith('/index.ts') && /export \*/.test(text)) breach(path, 'export * hides names')
    if (!isTest && !touchesHost(path)) {
      lines.forEach((line, i) => {
        const code = line.replace(/\/\/.*|^\s*\*.*/, '').replace(/'[^']*'|`[^`]*`/g, '')
        const hit = hostPattern.exec(code)
        if (hit) breach(path, `${i + 1}: ${hit[0]} belongs to the host`)
      })
    }
    for (const [, spec] of text.matchAll(importPattern)) {
      if (spec.startsWith('.')) {
        if (!resolve(dirname(path), spec).startsWith(folder))
          breach(path, `${spec} leaves the package`)
      } else if (spec.startsWith('@prom/')) {
        const target = spec.split('/').slice(0, 2).join('/')
        if (target === name) continue
        const other = workspaces.get(target)
        if (!other) breach(path, `${spec} does not exist`)
        else if (target === '@prom/testkit') {
          if (!isTest) breach(path, 'testkit is for tests')
        } else {
          if (other.kind === 'apps' && kind === 'libs')
            breach(path, `imports the program ${target}`)
          if (other.band >= band && !isTest)
            breach(path, `imports ${target} (band ${other.band}) from band ${band}`)
          if (!declared[target]) breach(path, `${target} is not declared`)
        }
      } else if (!spec.startsWith('node:') && spec !== 'assemblyscript') {
        const target = spec
          .split('/')
          .slice(0, spec.startsWith('@') ? 2 : 1)
          .join('/')
        if (!declared[target] && !(isTest && rootDev.has(target)))
          breach(path, `${target} is not declared`)
      }
    }
  }
}

for (const line of breaches) console.error(line)
console.log(breaches.length ? `tidy: ${breaches.length} breaches` : 'tidy: clean')
process.exit(breaches.length ? 1 : 0)
