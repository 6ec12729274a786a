/** The effective configuration is printed as the original prints it at /api/v1/status/config. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadPrometheusConfig, printPrometheusConfig } from './index.ts'
import { DISCOVERY_CORPUS } from './testing/discovery-corpus.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** All entries of the corpus that load, each as a job of one file. */
async function allGood(): Promise<string> {
  const jobs: string[] = []
  for (const [text] of DISCOVERY_CORPUS) {
    const files = { readText: async () => text, glob: () => [] }
    const isGood = await loadPrometheusConfig(files, 'p.yml').then(
      () => true,
      () => false,
    )
    // The original wants more of a host than its check of the syntax does, or looks for files.
    if (!isGood || /host: foo|kubeconfig_file|_sd_configs: \[{role: \w+[,}]/.test(text)) continue
    jobs.push(
      text.replace('scrape_configs:\n', '').replace('job_name: j', `job_name: j${jobs.length}`),
    )
  }
  return `scrape_configs:\n${jobs.join('')}`
}

test('every mechanism is printed as the original prints it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'printed-'))
  const text = await allGood()
  writeFileSync(join(folder, 'p.yml'), text)
  const port = await freePort()
  const args = ['--config.file=p.yml', `--web.listen-address=127.0.0.1:${port}`]
  const child = spawn(join(bin, 'prometheus'), args, { cwd: folder, stdio: 'ignore' })
  const exited = new Promise((resolve) => child.on('exit', resolve))
  try {
    const url = `http://127.0.0.1:${port}/api/v1/status/config`
    let body: { data?: { yaml: string } } = {}
    for (let i = 0; i < 100 && body.data === undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      body = await fetch(url).then(
        (answer) => (answer.ok ? answer.json() : {}) as typeof body,
        () => ({}),
      )
    }
    const files = { readText: async () => text, glob: () => [] }
    const { config } = await loadPrometheusConfig(files, 'p.yml')
    expect(printPrometheusConfig(config).split('\n')).toEqual(body.data?.yaml.split('\n'))
  } finally {
    child.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
}, 60_000)
