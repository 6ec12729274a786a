/** Installing: by tools/install into a folder, and by the Debian packages into a fresh Debian. Needs root. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, run, start, stopAll } from '../harness/processes.ts'
import { repoRoot } from '../harness/programs.ts'
import { waitFor } from '../harness/wait.ts'

const SERVICES = ['prometheus', 'alertmanager', 'pushgateway', 'node_exporter'] as const
const READY_MS = 60_000
/** Debian writes these itself on any installation. */
const DEBIANS_OWN =
  /^\/(var\/(lib\/dpkg|log|cache)|etc\/(passwd|group|shadow|gshadow|subuid|subgid)-?$|dev|proc|run)/

afterEach(stopAll)
afterAll(removeFolders)

async function must(command: string, args: readonly string[], timeoutMs = 120_000) {
  const done = await run(command, args, { timeoutMs, cwd: repoRoot })
  if (done.code !== 0) {
    throw new Error(`${command} ${args.join(' ')}: exit ${done.code}\n${done.stdout}${done.stderr}`)
  }
  return done.stdout
}

async function listTree(root: string): Promise<string[]> {
  const all = await must('find', [root, '-xdev', '-printf', '/%P\\n'])
  return all
    .split('\n')
    .filter((path) => path !== '' && !DEBIANS_OWN.test(path))
    .sort()
}

test('tools/install can be repeated, keeps what was edited, and takes away only its own', async () => {
  const root = folderWith()
  const install = (...args: string[]) =>
    must('tools/install', [`--root=${root}`, '--prefix=/opt/monitoring', '--system-node', ...args])
  await install()
  const first = await listTree(root)
  expect(first).toContain('/opt/monitoring/bin/promtool')
  const unit = readFileSync(join(root, 'etc/systemd/system/prometheus.service'), 'utf8')
  expect(unit).toContain('ExecStart=/opt/monitoring/bin/prometheus --config.file=/etc/prometheus')

  const config = join(root, 'etc/prometheus/prometheus.yml')
  writeFileSync(config, '# mine\n')
  mkdirSync(join(root, 'var/lib/prometheus/wal'), { recursive: true })
  expect(await install()).toContain('kept       /etc/prometheus/prometheus.yml')
  expect((await listTree(root)).filter((path) => !path.startsWith('/var'))).toEqual(first)
  expect(readFileSync(config, 'utf8')).toBe('# mine\n')

  await install('--uninstall')
  const left = await listTree(root)
  expect(left).toContain('/etc/prometheus/prometheus.yml')
  expect(left).toContain('/var/lib/prometheus/wal')
  expect(left.filter((path) => /opt\/monitoring\/(bin|lib)\/./.test(path))).toEqual([])
  expect(left.filter((path) => path.endsWith('.service'))).toEqual([])
})

test('tools/install says what is wrong with its arguments', async () => {
  const refused = await run(join(repoRoot, 'tools/install'), ['grafana'])
  expect(refused).toMatchObject({
    code: 1,
    stderr: 'install: error: unknown daemon "grafana", try --help\n',
  })
})

test('the units are valid and keep what they expose below 3', async () => {
  const folder = folderWith()
  for (const unit of readdirSync(join(repoRoot, 'systemd')).filter((name) =>
    /\.(service|socket)$/.test(name),
  )) {
    const text = readFileSync(join(repoRoot, 'systemd', unit), 'utf8')
    writeFileSync(join(folder, unit), text.replace('=/usr/bin/', `=${repoRoot}/dist/bin/`))
  }
  const units = readdirSync(folder).map((unit) => join(folder, unit))
  const verified = await run('systemd-analyze', ['verify', ...units])
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  for (const service of SERVICES) {
    const args = ['security', '--offline=yes', '--threshold=30', '--no-pager']
    await must('systemd-analyze', [...args, join(folder, `${service}.service`)])
  }
})

test('a single file is the whole program: server, pages and threads included', async () => {
  await must('npm', ['run', 'release', '--', 'promtool', 'prometheus'], 240_000)
  const file = (name: string) =>
    join(repoRoot, 'dist/release', `${name}-${process.platform}-${process.arch}`)
  const cache = folderWith()
  const env = { PATH: '/usr/bin:/bin', PROMETHEUS_TS_CACHE: cache }
  const checked = await run(file('promtool'), ['check', 'metrics'], { env, input: 'a_total 1\n' })
  expect(checked).toMatchObject({ code: 3, stderr: 'a_total no help text\n' })
  const port = await freePort()
  const data = folderWith({ 'prometheus.yml': 'scrape_configs: []\n' })
  const server = start(
    file('prometheus'),
    [
      ...[`--config.file=${data}/prometheus.yml`, `--storage.tsdb.path=${data}/tsdb`],
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { env },
  )
  const get = async (path: string) => await (await fetch(`http://127.0.0.1:${port}${path}`)).text()
  await waitFor('the server', READY_MS, async () =>
    (await get('/api/v1/query?query=40%2B2')).includes('"42"') ? true : undefined,
  )
  expect(await get('/query')).toContain('assets/main-')
  expect(await server.stop()).toBe(0)

  // Who can write there could run anything as us.
  for (const name of readdirSync(cache)) chmodSync(join(cache, name), 0o777)
  const refused = await run(file('promtool'), ['--version'], { env })
  expect(refused.code).not.toBe(0)
  expect(refused.stderr).toContain('belongs to somebody else')
})

describe('in a fresh Debian', () => {
  let root = ''
  let before: string[] = []
  const inside = (...command: string[]) => must('chroot', [root, ...command])

  beforeAll(async () => {
    await must('npm', ['run', 'package'], 240_000)
    root = folderWith()
    // Users of the Debian inside must get in.
    chmodSync(root, 0o755)
    const base = process.env.DEBIAN_ROOT
    if (base) await must('cp', ['-a', `${base}/.`, root])
    else await must('debootstrap', ['--variant=minbase', 'bookworm', root, DEBIAN], 240_000)
    before = await listTree(root)
    const packages = join(repoRoot, 'dist/packages')
    cpSync(packages, join(root, 'tmp/packages'), { recursive: true })
    const files = readdirSync(packages).map((file) => `/tmp/packages/${file}`)
    await inside('dpkg', '--install', ...files)
    await inside('rm', '-r', '/tmp/packages')
  })

  test.each(SERVICES)(
    '%s runs as its own user, says it is ready, and is back after kill -9',
    async (name) => {
      const unit = readFileSync(join(root, `usr/lib/systemd/system/${name}.service`), 'utf8')
      const user = /^User=(.*)$/m.exec(unit)![1]!
      const port = await freePort()
      const command = /^ExecStart=(.*)$/m
        .exec(unit)![1]!
        .replace(' $ARGS', '')
        .replace(/--web.listen-address=:\d+/, `--web.listen-address=127.0.0.1:${port}`)
      const word = listenForWord(root, name)
      await word.isListening
      const launch = () =>
        startInside(root, [
          ...asUser(user),
          ...['env', `NOTIFY_SOCKET=/run/${name}.notify`],
          ...command.split(' '),
        ])
      const first = launch()
      await waitFor(
        `${name} to be ready`,
        READY_MS,
        () => word.heard().includes('READY=1') || undefined,
      )
      const status = readFileSync(`/proc/${first.child.pid}/status`, 'utf8')
      expect(Number(/^Uid:\s+(\d+)/m.exec(status)![1])).toBe(
        Number((await inside('id', '-u', user)).trim()),
      )
      await first.stop('SIGKILL')
      const second = launch()
      await waitFor(`${name} to answer`, READY_MS, async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
        return answer.status === 200 || undefined
      })
      expect(await second.stop()).toBe(0)
      expect(word.heard()).toContain('STOPPING=1')
    },
  )

  test('the tools are there', async () => {
    expect(await inside('promtool', 'check', 'config', '/etc/prometheus/prometheus.yml')).toContain(
      'SUCCESS',
    )
    expect(await inside('amtool', 'check-config', '/etc/alertmanager/alertmanager.yml')).toContain(
      'SUCCESS',
    )
  })

  test('removal keeps configuration and data, purge leaves nothing', async () => {
    const names = readdirSync(join(repoRoot, 'dist/packages')).map((file) => file.split('_')[0]!)
    await inside('dpkg', '--remove', ...names)
    const kept = await listTree(root)
    expect(kept).toContain('/etc/prometheus/prometheus.yml')
    expect(kept.some((path) => path.startsWith('/var/lib/prometheus/wal'))).toBe(true)
    await inside('dpkg', '--purge', ...names)
    expect(await listTree(root)).toEqual(before)
    const users = readFileSync(join(root, 'etc/passwd'), 'utf8')
    expect(users).not.toMatch(/^(prometheus|alertmanager|pushgateway|node-exporter):/m)
  })
})

const DEBIAN = 'http://deb.debian.org/debian'

/** With a /proc, in a mount namespace of its own that goes when the program ends. */
const startInside = (root: string, command: readonly string[]) =>
  start('unshare', [
    ...['--mount', 'sh', '-c', 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"', root],
    ...command,
  ])

/** exec, so that the child we started is the daemon. */
const asUser = (user: string) => ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups']

/** What systemd would hear: Node cannot read Unix datagrams, Python can. */
function listenForWord(root: string, name: string) {
  const path = join(root, 'run', `${name}.notify`)
  const script = `
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o777)
print("listening", flush=True)
while True:
    print(s.recv(4096).decode(), flush=True)
`
  const listener = start('python3', ['-c', script, path])
  return {
    isListening: waitFor(
      'the socket',
      READY_MS,
      () => listener.output().includes('listening') || undefined,
    ),
    heard: () => listener.output(),
  }
}
