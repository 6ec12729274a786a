// Starts main.cjs beside it with V8's code cache, main.cache: compiling is most of the start of a short-lived
// tool. A cache of another V8, or of another main.cjs, is refused by V8 and the program starts without it.
// BUILD_CODE_CACHE=1 writes the cache when the program ends (tools/build.mjs does that).
'use strict'

const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { join } = require('node:path')
const { Script } = require('node:vm')

const filename = join(__dirname, 'main.cjs')
const cachePath = join(__dirname, 'main.cache')

function readCache() {
  try {
    return readFileSync(cachePath)
  } catch {
    return undefined
  }
}

const isBuilding = process.env.BUILD_CODE_CACHE === '1'
const source = Module.wrap(readFileSync(filename, 'utf8'))
const cachedData = isBuilding ? undefined : readCache()
const script = new Script(source, { filename, ...(cachedData && { cachedData }) })
if (isBuilding) process.on('exit', () => writeFileSync(cachePath, script.createCachedData()))

const main = { exports: {} }
const run = script.runInThisContext()
run.call(main.exports, main.exports, Module.createRequire(filename), main, filename, __dirname)
