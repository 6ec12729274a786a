// What the built programs are made of, for whoever installs them: from the `program` tables of apps/*/package.json.
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** name -> { app, entry, nodeFlags, isShortLived }: `entry` is the file beside the bundle that starts the program. */
export function readPrograms() {
  const programs = {}
  for (const app of readdirSync(join(root, 'apps'))) {
    const path = join(root, 'apps', app, 'package.json')
    const program = existsSync(path) && JSON.parse(readFileSync(path, 'utf8')).program
    if (!program?.name) continue
    const entry = program.codeCache ? 'cached-launcher.cjs' : 'main.cjs'
    const { nodeFlags = '', codeCache } = program
    programs[program.name] = { app, entry, nodeFlags, isShortLived: codeCache !== undefined }
  }
  return programs
}

/** The services: what is in deploy/packages/packages.json, with the tools that come along. */
export function readServices() {
  return JSON.parse(readFileSync(join(root, 'deploy/packages/packages.json'), 'utf8'))
}

/** Writes `text` to `path` below `folder`. */
export function put(folder, path, text, mode = 0o644) {
  const target = join(folder, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
  chmodSync(target, mode)
}

/**
 * Copies a service's programs and pages from dist/ to `lib` below `folder`, and a launcher for each program to
 * `lib`/bin. A launcher takes the Node that lies in `lib`/node, if there is one, before the one in the PATH.
 * Returns the programs' names.
 */
export function copyService(folder, lib, name, { ui, tools }) {
  const programs = readPrograms()
  const names = [name, ...tools]
  const apps = names.map((program) => programs[program].app)
  for (const app of ui ? [...apps, ui] : apps) {
    cpSync(join(root, 'dist/apps', app), join(folder, lib, 'apps', app), {
      recursive: true,
      filter: (path) => !path.endsWith('.map'),
    })
  }
  for (const program of names) {
    put(folder, join(lib, 'bin', program), launcher(lib, programs[program]), 0o755)
  }
  return names
}

// Node reads extra certificates at every start; a short-lived tool reads them itself when it has to.
const LATE_CERTIFICATES = `PROMETHEUS_EXTRA_CA_CERTS=$NODE_EXTRA_CA_CERTS
export PROMETHEUS_EXTRA_CA_CERTS
unset NODE_EXTRA_CA_CERTS
`

const launcher = (lib, { app, entry, nodeFlags, isShortLived }) => `#!/bin/sh
${isShortLived ? LATE_CERTIFICATES : ''}node=${lib}/node/bin/node
[ -x "$node" ] || node=node
exec "$node" ${nodeFlags}${nodeFlags && ' '}${lib}/apps/${app}/${entry} "$@"
`
