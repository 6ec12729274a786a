// The first code of a single-file executable: unpacks what it carries, once per version and user, and starts the program
// from there. What it carries is said in manifest.json, by tools/release.mjs.
'use strict'

const {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require('node:fs')
const { createRequire } = require('node:module')
const { tmpdir } = require('node:os')
const { dirname, join } = require('node:path')
const { getAsset, getRawAsset } = require('node:sea')
const { setFlagsFromString } = require('node:v8')

const { files, entry, key, flags } = JSON.parse(getAsset('manifest.json', 'utf8'))
for (const flag of flags) setFlagsFromString(flag)

function unpack() {
  const base = process.env.PROMETHEUS_TS_CACHE ?? tmpdir()
  const folder = join(base, `prometheus-ts-${key}-${process.getuid()}`)
  if (existsSync(folder)) {
    // Somebody else's folder of that name could hold anything.
    const { uid, mode } = lstatSync(folder)
    if (uid === process.getuid() && (mode & 0o077) === 0) return folder
    throw new Error(
      `${folder} belongs to somebody else; set PROMETHEUS_TS_CACHE to a folder of yours`,
    )
  }
  mkdirSync(base, { recursive: true })
  const beside = mkdtempSync(`${folder}.`)
  for (const path of files) {
    mkdirSync(dirname(join(beside, path)), { recursive: true })
    writeFileSync(join(beside, path), Buffer.from(getRawAsset(path)))
  }
  try {
    renameSync(beside, folder)
  } catch {
    // Another start was faster.
    rmSync(beside, { recursive: true, force: true })
  }
  return folder
}

const main = join(unpack(), entry)
createRequire(main)(main)
