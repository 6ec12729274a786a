// `npm run package`: one Debian package per daemon in dist/packages, and prometheus-ts-node with the Node that runs this,
// for systems whose own is too old. Needs dpkg-deb. What a daemon's package installs: programs under
// /usr/lib/prometheus-ts, links in /usr/bin, the unit, the configuration (kept on upgrade and removal; purge takes it
// and the state along), and a user for the daemon.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { copyService, put, readServices, root } from './programs.mjs'

const out = join(root, 'dist/packages')
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const LIB = '/usr/lib/prometheus-ts'
const UNITS = '/usr/lib/systemd/system'
const DEB_ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' }

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

function control(deb, architecture, fields, summary, more) {
  return `Package: ${deb}
Version: ${version}
Architecture: ${architecture}
Maintainer: prometheus-ts maintainers
${fields}
Section: net
Priority: optional
Description: ${summary}
${more.map((line) => ` ${line}\n`).join('')}`
}

function build(folder, deb, architecture) {
  const file = join(out, `${deb}_${version}_${architecture}.deb`)
  execFileSync('dpkg-deb', ['-Zxz', '-z3', '--root-owner-group', '--build', folder, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  rmSync(folder, { recursive: true })
  console.log(file)
}

function packageService(name, facts) {
  const deb = `${name.replace('_', '-')}-ts`
  const folder = join(out, deb)
  mkdirSync(join(folder, 'usr/bin'), { recursive: true })
  for (const program of copyService(folder, LIB, name, facts)) {
    symlinkSync(`../lib/prometheus-ts/bin/${program}`, join(folder, 'usr/bin', program))
  }
  for (const unit of facts.units)
    put(folder, join(UNITS, unit), readFileSync(join(root, 'systemd', unit)))
  put(
    folder,
    `/etc/default/${name}`,
    `# Flags added to those of ${name}.service, which already has those for configuration, state and address.\nARGS=""\n`,
  )
  for (const [path, source] of Object.entries(facts.config)) {
    put(folder, path, readFileSync(join(root, 'deploy/packages', source)))
  }
  const fields = `Depends: prometheus-ts-node | nodejs (>= 20.19), passwd\nConflicts: ${facts.conflicts}`
  const more = [
    "A drop-in replacement in TypeScript: the original's flags, configuration,",
    'HTTP API and data directory.',
  ]
  put(folder, 'DEBIAN/control', control(deb, 'all', fields, facts.summary, more))
  const conffiles = [`/etc/default/${name}`, ...Object.keys(facts.config), '']
  put(folder, 'DEBIAN/conffiles', conffiles.join('\n'))
  put(folder, 'DEBIAN/postinst', postinst(name, facts), 0o755)
  put(folder, 'DEBIAN/prerm', prerm(name), 0o755)
  put(folder, 'DEBIAN/postrm', postrm(facts), 0o755)
  build(folder, deb, 'all')
}

function packageNode() {
  const deb = 'prometheus-ts-node'
  const architecture = DEB_ARCHITECTURES[process.arch]
  if (!architecture) return
  const folder = join(out, deb)
  const binary = join(folder, LIB, 'node/bin/node')
  mkdirSync(dirname(binary), { recursive: true })
  cpSync(process.execPath, binary, { dereference: true })
  const fields = 'Depends: libc6 (>= 2.28), libstdc++6'
  const more = [`Node.js ${process.version} for prometheus-ts alone; nothing else uses it.`]
  put(
    folder,
    'DEBIAN/control',
    control(deb, architecture, fields, 'runtime of prometheus-ts', more),
  )
  build(folder, deb, architecture)
}

rmSync(out, { recursive: true, force: true })
for (const [name, facts] of Object.entries(readServices())) packageService(name, facts)
packageNode()
