// tools/install: programs, units and first configuration on a machine with systemd. Can be repeated; what a user may
// have edited is never replaced, and --uninstall keeps configuration and data.
import { execFileSync, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { copyService, put, readServices, root } from './programs.mjs'

const HELP = `usage: tools/install [<flags>] [<daemon> ...]

Installs prometheus, alertmanager, pushgateway and node_exporter (or those named), with promtool and amtool.

Flags:
  --prefix=DIR     Programs go to DIR/bin and DIR/lib/prometheus-ts. Default: /usr/local.
  --root=DIR       Put everything below DIR, as for an image: no users are made and nothing is started.
  --system-node    Use the Node.js in the PATH of the units. Default: a copy of the one that runs this.
  --no-start       Do not enable and start the units.
  --uninstall      Stop the units and remove programs and units; configuration, data and users stay.
  --help           Show this text.
`

const SYSTEM_UNITS = '/etc/systemd/system'
const services = readServices()

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        prefix: { type: 'string', default: '/usr/local' },
        root: { type: 'string', default: '/' },
        'system-node': { type: 'boolean' },
        'no-start': { type: 'boolean' },
        uninstall: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    const unknown = positionals.find((name) => !services[name])
    if (unknown) throw new Error(`unknown daemon "${unknown}"`)
    if (!values.prefix.startsWith('/')) throw new Error('--prefix must be an absolute path')
    return { ...values, names: positionals.length > 0 ? positionals : Object.keys(services) }
  } catch (err) {
    console.error(`install: error: ${err.message}, try --help`)
    return process.exit(1)
  }
}

const options = readOptions()
if (options.help) {
  process.stdout.write(HELP)
  process.exit(0)
}
const lib = join(options.prefix, 'lib/prometheus-ts')
const at = (path) => join(options.root, path)
const isStaged = options.root !== '/'
const hasSystemd = !isStaged && existsSync('/run/systemd/system')

const run = (command, ...args) => execFileSync(command, args, { stdio: 'inherit' })

function makeUser(user) {
  if (isStaged || spawnSync('getent', ['passwd', user]).status === 0) return
  run(
    'useradd',
    '--system',
    '--user-group',
    '--no-create-home',
    '--shell',
    '/usr/sbin/nologin',
    user,
  )
}

/** Replaces the link or file at `path`. */
function link(path, target) {
  mkdirSync(dirname(at(path)), { recursive: true })
  rmSync(at(path), { force: true })
  symlinkSync(relative(dirname(path), target), at(path))
}

function keepOrPut(path, text) {
  if (existsSync(at(path))) console.log(`kept       ${path}`)
  else {
    put(options.root, path, text)
    console.log(`installed  ${path}`)
  }
}

function install(name) {
  const facts = services[name]
  for (const program of copyService(options.root, lib, name, facts)) {
    link(join(options.prefix, 'bin', program), join(lib, 'bin', program))
    console.log(`installed  ${join(options.prefix, 'bin', program)}`)
  }
  for (const unit of facts.units) {
    const text = readFileSync(join(root, 'systemd', unit), 'utf8')
    put(
      options.root,
      join(SYSTEM_UNITS, unit),
      text.replace('=/usr/bin/', `=${options.prefix}/bin/`),
    )
    console.log(`installed  ${join(SYSTEM_UNITS, unit)}`)
  }
  for (const [path, source] of Object.entries(facts.config)) {
    keepOrPut(path, readFileSync(join(root, 'deploy/packages', source)))
  }
  keepOrPut(
    `/etc/default/${name}`,
    `# Flags added to those of ${name}.service, which already has those for configuration, state and address.\nARGS=""\n`,
  )
  makeUser(facts.user)
}

function installNode() {
  if (options['system-node']) return
  const binary = at(join(lib, 'node/bin/node'))
  mkdirSync(dirname(binary), { recursive: true })
  rmSync(binary, { force: true })
  cpSync(process.execPath, binary, { dereference: true })
  chmodSync(binary, 0o755)
}

function uninstall(name) {
  const facts = services[name]
  if (hasSystemd) spawnSync('systemctl', ['disable', '--now', ...facts.units], { stdio: 'inherit' })
  for (const unit of facts.units) rmSync(at(join(SYSTEM_UNITS, unit)), { force: true })
  for (const program of [name, ...facts.tools]) {
    rmSync(at(join(options.prefix, 'bin', program)), { force: true })
    rmSync(at(join(lib, 'bin', program)), { force: true })
  }
  console.log(`removed    ${name}`)
  for (const path of [facts.state, `/etc/default/${name}`, ...Object.keys(facts.config)]) {
    if (path && existsSync(at(path))) console.log(`kept       ${path}`)
  }
}

if (options.uninstall) {
  for (const name of options.names) uninstall(name)
  // The last one takes the shared folder along.
  const left = Object.keys(services).some((name) => existsSync(at(join(lib, 'bin', name))))
  if (!left) rmSync(at(lib), { recursive: true, force: true })
  if (hasSystemd) run('systemctl', 'daemon-reload')
} else {
  const missing = options.names.find((name) => !existsSync(join(root, 'dist/bin', name)))
  if (missing) {
    console.log(`${missing} is not built yet: npm run build`)
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'inherit' })
  }
  for (const name of options.names) install(name)
  installNode()
  if (hasSystemd && !options['no-start']) {
    run('systemctl', 'daemon-reload')
    run('systemctl', 'enable', ...options.names)
    run('systemctl', 'restart', ...options.names)
  }
}
