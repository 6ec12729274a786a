// `npm run package`: one Debian package per daemon in dist/packages, from dist/bin, systemd/ and deploy/packages.
// Needs dpkg-deb. What is installed: programs under /usr/lib/prometheus-ts, links in /usr/bin, the unit, the
// configuration (kept on upgrade and removal; purge takes it and the state along), and a user for the daemon.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'dist/packages')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const packages = JSON.parse(readFileSync(join(root, 'deploy/packages/packages.json'), 'utf8'))

const LIB = '/usr/lib/prometheus-ts'

function put(folder, path, text, mode = 0o644) {
  const target = join(folder, path)
  mkdirSync(dirname(target), { recursive: true })
  writeFileSync(target, text)
  chmodSync(target, mode)
}

function addProgram(folder, app, name) {
  cpSync(join(root, 'dist/apps', app), join(folder, LIB, 'apps', app), {
    recursive: true,
    filter: (path) => !path.endsWith('.map'),
  })
  put(
    folder,
    `${LIB}/bin/${name}`,
    `#!/usr/bin/env node\nrequire('../apps/${app}/main.cjs')\n`,
    0o755,
  )
  mkdirSync(join(folder, 'usr/bin'), { recursive: true })
  symlinkSync(`../lib/prometheus-ts/bin/${name}`, join(folder, 'usr/bin', name))
}

/** Makes the user before the unit starts; starts it where systemd runs. */
const postinst = (unit, { user, state }) => `#!/bin/sh
set -e
if [ "$1" = configure ]; then
  if ! getent passwd ${user} >/dev/null; then
    useradd --system --user-group --no-create-home --home-dir ${state ?? '/nonexistent'} --shell /usr/sbin/nologin ${user}
  fi
${state ? `  mkdir -p ${state}\n  chown ${user}:${user} ${state}\n  chmod 0750 ${state}\n` : ''}  if [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable ${unit}.service
    systemctl restart ${unit}.service
  fi
fi
`

const prerm = (unit) => `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
  systemctl disable --now ${unit}.service
fi
`

const postrm = ({ user, state, config }) => `#!/bin/sh
set -e
if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi
if [ "$1" = purge ]; then
${state ? `  rm -rf ${state}\n` : ''}${Object.keys(config)
  .map((path) => `  rmdir --ignore-fail-on-non-empty ${dirname(path)} 2>/dev/null || true\n`)
  .join('')}  if getent passwd ${user} >/dev/null; then userdel ${user}; fi
fi
`

function control(deb, { summary, conflicts }) {
  return `Package: ${deb}
Version: ${version}
Architecture: all
Maintainer: prometheus-ts maintainers
Depends: nodejs (>= 20.19), passwd
Conflicts: ${conflicts}
Section: net
Priority: optional
Description: ${summary}
 A drop-in replacement in TypeScript: the original's flags, configuration,
 HTTP API and data directory.
`
}

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
for (const [name, facts] of Object.entries(packages)) {
  const deb = `${name.replace('_', '-')}-ts`
  const folder = join(out, deb)
  addProgram(folder, facts.app, name)
  for (const [tool, app] of Object.entries(facts.tools)) addProgram(folder, app, tool)
  if (facts.ui)
    cpSync(join(root, 'dist/apps', facts.ui), join(folder, LIB, 'apps', facts.ui), {
      recursive: true,
    })
  put(
    folder,
    `/usr/lib/systemd/system/${name}.service`,
    readFileSync(join(root, `systemd/${name}.service`)),
  )
  put(folder, `/etc/default/${name}`, `# Flags added to those of ${name}.service.\nARGS=""\n`)
  for (const [path, source] of Object.entries(facts.config)) {
    put(folder, path, readFileSync(join(root, 'deploy/packages', source)))
  }
  put(folder, 'DEBIAN/control', control(deb, facts))
  put(
    folder,
    'DEBIAN/conffiles',
    [`/etc/default/${name}`, ...Object.keys(facts.config), ''].join('\n'),
  )
  put(folder, 'DEBIAN/postinst', postinst(name, facts), 0o755)
  put(folder, 'DEBIAN/prerm', prerm(name), 0o755)
  put(folder, 'DEBIAN/postrm', postrm(facts), 0o755)
  const file = join(out, `${deb}_${version}_all.deb`)
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', folder, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  rmSync(folder, { recursive: true })
  console.log(file)
}
