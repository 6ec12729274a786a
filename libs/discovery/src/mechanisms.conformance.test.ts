/** The targets our tests expect are those the original's promtool finds in the same answers. */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '@prom/testkit'
import { fillIn, forget, readCase, sortTargets, startFakeApi } from './testing/fake-api.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const promtool = join(bin, 'promtool')
const testdata = join(__dirname, 'testdata')
/** Left out of the original as Debian builds it; and one whose client cannot be led here. */
const NOT_THERE = ['azure', 'consul', 'ec2-ipv6', 'gce', 'kuma', 'nomad', 'openstack', 'stackit']
/** Labels of releases after the original's. */
const LATER = ['__meta_ec2_default_ipv6_address']
const OWN = new Set(['job', '__scrape_interval__', '__scrape_timeout__'])
const DEFAULTS: Record<string, string> = { __metrics_path__: '/metrics', __scheme__: 'http' }

const tls = selfSigned(['localhost', '127.0.0.1'])
const cases = readdirSync(testdata).filter(
  (name) => !NOT_THERE.some((part) => name === part || name.startsWith(`${part}-`)),
)
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'mechanisms-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('the original is installed', () => expect(existsSync(promtool)).toBe(true))

test.each(cases)(
  '%s',
  async (name) => {
    const { config, answers } = readCase(testdata, name)
    const api = await startFakeApi(answers, tls)
    try {
      const found = await askOriginal(name.replace(/-.*/, ''), fillIn(config, api, dir))
      const text = JSON.stringify(sortTargets(found), undefined, 2)
      const plain = `${forget(text, api)}\n`
      const file = join(testdata, name, 'targets.json')
      if (process.env.UPDATE === '1') writeFileSync(file, plain)
      const ours = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>[]
      for (const labels of ours) for (const label of LATER) delete labels[label]
      expect(JSON.parse(plain)).toEqual(ours)
      expect(api.asked.length).toBeGreaterThan(0)
    } finally {
      await api.close()
    }
  },
  30_000,
)

async function askOriginal(kind: string, entry: string): Promise<Record<string, string>[]> {
  const indented = entry.replace(/^(?=.)/gm, '    ').replace(/^ {4}/, '  - ')
  const file = join(dir, `${kind}.yml`)
  writeFileSync(file, `scrape_configs:\n- job_name: j\n  ${kind}_sd_configs:\n${indented}`)
  const output = await new Promise<string>((resolve, reject) => {
    const args = ['check', 'service-discovery', '--timeout=1500ms', file, 'j']
    const env = { ...process.env, NO_PROXY: '', no_proxy: '' }
    execFile(promtool, args, { timeout: 20_000, env }, (err, stdout, stderr) => {
      if (err) reject(new Error(`${err.message} ${stderr}`))
      else if (['null', '[]'].includes(stdout.trim())) reject(new Error(`nothing found: ${stderr}`))
      else resolve(stdout)
    })
  })
  const found = JSON.parse(output) as { discoveredLabels: Record<string, string> }[]
  return found.map(({ discoveredLabels }) =>
    Object.fromEntries(
      Object.entries(discoveredLabels).filter(
        ([name, value]) => !OWN.has(name) && DEFAULTS[name] !== value,
      ),
    ),
  )
}
