// `npm run docs`: docs/reference from what the code itself reads: flags from the programs' help, configuration from the
// tables that decode it. --check only says whether the files in the repository are up to date.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { readPrograms, root } from './programs.mjs'

const folder = join(root, 'docs/reference')
const isCheck = process.argv.includes('--check')

const NOTE = 'Made by `npm run docs`; changes belong in the code.'

/** The libs' tables, bundled for this one run. */
function loadTables() {
  const work = mkdtempSync(join(tmpdir(), 'reference-'))
  const outfile = join(work, 'tables.cjs')
  buildSync({
    stdin: {
      contents: `
        export { prometheusConfig } from '@prom/prometheus-config'
        export { ruleFile } from '@prom/rules'
        export { createFileSchema } from './libs/alertmanager-config/src/schema.ts'
        export { webConfig } from './libs/http/src/web-config-schema.ts'
        export { bytes, duration, path, secret } from '@prom/yaml'`,
      resolveDir: root,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['*.node', 'snappy'],
    logLevel: 'error',
    define: { 'import.meta.url': '"file:///"' },
  })
  return { outfile, done: () => rmSync(work, { recursive: true }) }
}

/** Prints structs as commented YAML; a struct that is met again is named, and printed under its own heading. */
class ConfigPages {
  #kinds
  #sections = []
  #names = new Map()

  constructor({ bytes, duration, path, secret }) {
    this.#kinds = new Map([
      [bytes, '<size>'],
      [duration, '<duration>'],
      [path, '<path>'],
      [secret, '<secret>'],
    ])
  }

  print(title, schema, key) {
    this.#sections = []
    this.#names = new Map([[schema, key]])
    this.#section(schema, key)
    const sections = this.#sections.map(
      ({ name, text }) => `## ${name}\n\n\`\`\`yaml\n${text}\`\`\`\n`,
    )
    return `# ${title}\n\n${NOTE}\n\nValues are the defaults; \`<...>\` tells the kind of a value that has none.\n\n${sections.join('\n')}`
  }

  #section(schema, name) {
    const section = { name, text: '' }
    this.#sections.push(section)
    section.text = this.#fields(schema.fields, schema.create?.() ?? {})
  }

  #fields(fields, values) {
    let text = ''
    for (const [property, { key, schema, isInline }] of Object.entries(fields)) {
      const value = values?.[property]
      if (isInline) text += this.#fields(schema.fields, value)
      else text += `${key}: ${this.#value(schema, value, key)}\n`
    }
    return text
  }

  #value(schema, value, key) {
    const inner = structOf(schema)
    if (inner) {
      const name = this.#nameOf(inner.struct, key)
      return inner.path.replace('*', `<${name}>`)
    }
    const printed = value === undefined ? undefined : printDefault(schema, value)
    return printed ?? this.#kind(schema)
  }

  #nameOf(struct, key) {
    const known = this.#names.get(struct) ?? this.#sameFields(struct)
    if (known) return known
    let name = key.replace(/_configs$/, '_config').replace(/^(alert|metric|write)_/, '')
    const taken = new Set(this.#names.values())
    for (let i = 2; taken.has(name); i++) name = `${key} (${i})`
    this.#names.set(struct, name)
    this.#section(struct, name)
    return name
  }

  /** A table that is made anew at each use is still the same when its keys are. */
  #sameFields(struct) {
    const keysOf = (one) =>
      Object.values(one.fields)
        .map(({ key }) => key)
        .join()
    for (const [other, name] of this.#names) {
      if (keysOf(other) === keysOf(struct)) return name
    }
    return undefined
  }

  #kind(schema) {
    const known = this.#kinds.get(schema)
    if (known) return known
    if (schema.item) {
      const inner = this.#kind(schema.item)
      if (schema.typeName.startsWith('*')) return inner
      return schema.typeName.startsWith('map') ? `{ <string>: ${inner} }` : `[ ${inner} ]`
    }
    return `<${KINDS[schema.typeName] ?? schema.typeName.replace(/^.*\./, '').toLowerCase()}>`
  }
}

const KINDS = {
  bool: 'boolean',
  uint: 'int',
  uint64: 'int',
  int64: 'int',
  float64: 'float',
  'interface {}': 'any',
  'config.plain': 'string',
}

function structOf(schema) {
  if (schema.fields) return { struct: schema, path: '*' }
  const inner = schema.item && structOf(schema.item)
  if (!inner) return undefined
  if (schema.typeName.startsWith('*')) return inner
  const path = schema.typeName.startsWith('map')
    ? `{ <string>: ${inner.path} }`
    : `[ ${inner.path} ]`
  return { struct: inner.struct, path }
}

function printDefault(schema, value) {
  const encoded = schema.encode(value)
  const isEmpty = encoded === undefined || encoded === '' || encoded === null
  if (isEmpty || (typeof encoded === 'object' && Object.keys(encoded).length === 0))
    return undefined
  return typeof encoded === 'object' ? JSON.stringify(encoded) : String(encoded)
}

/** The help of a program and of each of its commands. */
function printFlags(name) {
  const help = (...args) => {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    return execFileSync(join(root, 'dist/bin', name), [...args, '--help'], options).trimEnd()
  }
  const top = help()
  const blocks = [`# ${name}\n\n${NOTE}\n\n\`\`\`text\n${top}\n\`\`\`\n`]
  for (const command of commandsIn(top)) {
    blocks.push(`## ${name} ${command}\n\n\`\`\`text\n${help(...command.split(' '))}\n\`\`\`\n`)
  }
  return blocks.join('\n')
}

/** Lines such as `check config [<flags>] <config-files>...` below `Commands:`, at its indentation. */
function commandsIn(text) {
  const [, list = ''] = text.split('\nCommands:\n')
  return [...list.matchAll(/^ {0,2}([a-z][a-z-]*(?: [a-z][a-z-]*)*)(?=$| [[<])/gm)]
    .map(([, command]) => command)
    .filter((command) => command !== 'help')
}

function makePages() {
  const { outfile, done } = loadTables()
  const tables = createRequire(outfile)(outfile)
  const pages = new ConfigPages(tables)
  const files = {
    'prometheus-config.md': pages.print(
      'Configuration of the server',
      tables.prometheusConfig,
      'prometheus.yml',
    ),
    'rule-files.md': pages.print('Rule files', tables.ruleFile, 'rules.yml'),
    'alertmanager-config.md': pages.print(
      'Configuration of Alertmanager',
      tables.createFileSchema({}),
      'alertmanager.yml',
    ),
    'web-config.md': pages.print('Web configuration of every daemon', tables.webConfig, 'web.yml'),
  }
  done()
  for (const name of Object.keys(readPrograms())) files[`${name}.md`] = printFlags(name)
  const names = Object.keys(files).sort()
  files['README.md'] =
    `# Reference\n\n${NOTE}\n\n${names.map((name) => `- [${name.replace('.md', '')}](${name})\n`).join('')}`
  return files
}

const stale = []
mkdirSync(folder, { recursive: true })
for (const [name, text] of Object.entries(makePages())) {
  const path = join(folder, name)
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue
  stale.push(`docs/reference/${name}`)
  if (!isCheck) writeFileSync(path, text)
}
if (isCheck && stale.length > 0) {
  console.error(`not up to date: ${stale.join(', ')}\nRun: npm run docs`)
  process.exit(1)
}
console.log(
  isCheck ? 'docs/reference is up to date' : `written: ${stale.join(', ') || 'nothing new'}`,
)
