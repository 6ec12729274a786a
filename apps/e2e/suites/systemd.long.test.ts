/**
 * The units under a real systemd: a fresh Debian with our packages is booted in a container of systemd-nspawn, without
 * any network. Needs root, debootstrap and systemd-container.
 */
import { chmodSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { run, start, stopAll } from '../harness/processes.ts'
import { repoRoot } from '../harness/programs.ts'
import { waitFor } from '../harness/wait.ts'

const SERVICES = ['prometheus', 'alertmanager', 'pushgateway', 'node_exporter']
const LONG_MS = 240_000
const INCLUDED = 'systemd,systemd-sysv,dbus,curl'

let root = ''
let leader = 0

async function must(command: string, args: readonly string[], timeoutMs = 120_000) {
  const done = await run(command, args, { timeoutMs, cwd: repoRoot })
  if (done.code !== 0) throw new Error(`${command} ${args.join(' ')}\n${done.stdout}${done.stderr}`)
  return done.stdout
}

/** A shell command in the booted system; what it prints, whatever its exit code. */
async function inside(command: string): Promise<string> {
  const enter = ['-t', String(leader), '--mount', '--uts', '--ipc', '--net', '--pid', '--root']
  const done = await run('nsenter', [...enter, '--', 'sh', '-c', command], { timeoutMs: 60_000 })
  return `${done.stdout}${done.stderr}`.trim()
}

const stateOf = (service: string) => inside(`systemctl is-active ${service}`)
const pidOf = (service: string) => inside(`systemctl show -p MainPID --value ${service}`)
const isActive = (service: string) =>
  waitFor(`${service} to be active`, 120_000, async () =>
    (await stateOf(service)) === 'active' ? true : undefined,
  )

beforeAll(async () => {
  await must('npm', ['run', 'package'], LONG_MS)
  root = folderWith()
  chmodSync(root, 0o755)
  const mirror = 'http://deb.debian.org/debian'
  const args = ['--variant=minbase', `--include=${INCLUDED}`, 'bookworm', root, mirror]
  await must('debootstrap', args, LONG_MS)
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  const packages = join(repoRoot, 'dist/packages')
  cpSync(packages, join(root, 'root/packages'), { recursive: true })
  const files = readdirSync(packages).map((file) => `/root/packages/${file}`)
  await must('chroot', [root, 'dpkg', '--install', ...files])
  const quiet = ['--register=no', '--keep-unit', '--private-network', '--console=pipe', '--quiet']
  const container = start('systemd-nspawn', ['--directory', root, '--boot', ...quiet])
  leader = await waitFor('systemd', 60_000, async () => {
    const { stdout } = await run('pgrep', ['-P', String(container.child.pid)])
    return Number(stdout.trim()) || undefined
  })
  await waitFor('the system', 60_000, async () =>
    /running|degraded/.test(await inside('systemctl is-system-running')) ? true : undefined,
  )
}, 2 * LONG_MS)
afterAll(async () => {
  await inside('systemctl poweroff')
  await stopAll()
  removeFolders()
}, LONG_MS)

test('enabled, all four are ready, without privileges and with filtered system calls', async () => {
  await inside(`systemctl enable --now ${SERVICES.join(' ')}`)
  for (const service of SERVICES) {
    await isActive(service)
    const status = await inside(`cat /proc/${await pidOf(service)}/status`)
    expect(status).toMatch(/^CapBnd:\s+0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\s+1$/m)
    expect(status).toMatch(/^Seccomp:\s+2$/m)
  }
})

test('reload takes a new configuration, and keeps the old one when the new one is wrong', async () => {
  const config = join(root, 'etc/prometheus/prometheus.yml')
  const jobs = () => inside("curl -s 'localhost:9090/api/v1/scrape_pools'")
  const pid = await pidOf('prometheus')
  writeFileSync(
    config,
    "scrape_configs: [{job_name: mine, scrape_interval: 1s, static_configs: [{targets: ['127.0.0.1:9100']}]}]\n",
  )
  expect(await inside('systemctl reload prometheus')).toBe('')
  await waitFor('the new job', 30_000, async () =>
    (await jobs()).includes('"mine"') ? true : undefined,
  )
  const wrong = `${readFileSync(config, 'utf8')}no_such_key: 1\n`
  writeFileSync(config, wrong)
  await inside('systemctl reload prometheus')
  await waitFor('the word about it', 30_000, async () =>
    (await inside('journalctl -u prometheus --no-pager')).includes('no_such_key')
      ? true
      : undefined,
  )
  expect(await jobs()).toContain('"mine"')
  expect(await pidOf('prometheus')).toBe(pid)
  writeFileSync(config, wrong.replace('no_such_key: 1\n', ''))
})

test('who was killed is back', async () => {
  for (const service of SERVICES) {
    const before = await pidOf(service)
    await inside(`systemctl kill --signal=KILL --kill-whom=main ${service}`)
    await waitFor(`${service} to be back`, 60_000, async () => {
      const after = await pidOf(service)
      return after !== '0' && after !== before ? true : undefined
    })
    await isActive(service)
  }
})

test('who hangs is ended by the watchdog, and is back', async () => {
  const before = await pidOf('pushgateway')
  await inside('systemctl kill --signal=STOP --kill-whom=main pushgateway')
  await waitFor('the watchdog', LONG_MS, async () => {
    const after = await pidOf('pushgateway')
    return after !== '0' && after !== before ? true : undefined
  })
  await isActive('pushgateway')
  expect(await inside('journalctl -u pushgateway --no-pager')).toContain('Watchdog timeout')
})

test('node_exporter starts at the first scrape of its socket', async () => {
  await inside('systemctl stop node_exporter && systemctl start node_exporter.socket')
  expect(await stateOf('node_exporter')).toBe('inactive')
  expect(await inside('curl -s -m 60 localhost:9100/metrics')).toContain('node_exporter_build_info')
  expect(await stateOf('node_exporter')).toBe('active')
})

test('stopped, each ends as asked', async () => {
  await inside(`systemctl stop node_exporter.socket ${SERVICES.join(' ')}`)
  for (const service of SERVICES) {
    expect(await inside(`systemctl show -p Result --value ${service}`)).toBe('success')
  }
})
