// Starts main.cjs beside it, and the parts it asks for, with V8's code cache (main.cache, part-x.cache): compiling is
// most of the start of a short-lived tool. A cache of another V8, or of another file, is refused by V8 and the program
// goes on without it. BUILD_CODE_CACHE=1 writes the caches when the program ends (tools/build.mjs does that).
'use strict'

const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { Script } = require('node:vm')

const isBuilding = process.env.BUILD_CODE_CACHE === '1'
const ownRequire = Module.createRequire(__filename)
const loaded = new Map()

function readCache(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined
  }
}

function load(name) {
  const known = loaded.get(name)
  if (known) return known.exports
  const filename = `${__dirname}/${name}.cjs`
  const cachePath = `${__dirname}/${name}.cache`
  const cachedData = readCache(cachePath)
  // Bundles are ASCII: everything else is escaped.
  const source = Module.wrap(readFileSync(filename, 'latin1'))
  const script = new Script(source, { filename, ...(cachedData && { cachedData }) })
  if (isBuilding) process.on('exit', () => writeFileSync(cachePath, script.createCachedData()))
  const module = { exports: {} }
  loaded.set(name, module)
  const run = script.runInThisContext()
  run.call(module.exports, module.exports, requirePart, module, filename, __dirname)
  return module.exports
}

function requirePart(id) {
  return id.startsWith('./part-') ? load(id.slice(2, -'.cjs'.length)) : ownRequire(id)
}

load('main')
