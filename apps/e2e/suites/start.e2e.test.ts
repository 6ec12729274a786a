/** `npm start` on the default ports, how it stops, and what it says when a port is taken. */
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { freePort, run, start, stopAll } from '../harness/processes.ts'
import { repoRoot } from '../harness/programs.ts'
import { waitFor } from '../harness/wait.ts'

const launcher = join(repoRoot, 'tools/start.mjs')
const programs = ['prometheus', 'alertmanager', 'pushgateway', 'node_exporter']

afterAll(async () => {
  await stopAll()
  removeFolders()
})

it('answers on the four default ports, prefixes each line, and Ctrl-C stops it within 5 s', async () => {
  const data = folderWith()
  const stack = start('node', [launcher, `--data=${data}`])
  await waitFor('the stack', 60_000, () => {
    if (stack.child.exitCode !== null) throw new Error(stack.output())
    return stack.output().includes('The stack is up') ? true : undefined
  })
  for (const port of [9090, 9093, 9091, 9100]) {
    const page = await fetch(`http://localhost:${port}/`)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-type')).toContain('text/html')
    const metrics = await (await fetch(`http://localhost:${port}/metrics`)).text()
    expect(metrics).toMatch(/^process_resident_memory_bytes /m)
  }
  for (const program of programs) {
    expect(stack.output()).toMatch(new RegExp(`^${program} +\\| \\S`, 'm'))
  }
  const before = Date.now()
  expect(await stack.stop('SIGINT')).toBe(0)
  expect(Date.now() - before).toBeLessThan(5000)
  for (const port of [9090, 9093, 9091, 9100]) {
    await expect(fetch(`http://localhost:${port}/`)).rejects.toThrow()
  }
  rmSync(data, { recursive: true })
})

it('names a port that is taken, and the option that changes it, and stops the rest', async () => {
  const taken = createServer()
  const port = await new Promise<number>((resolve) => {
    taken.listen(0, () => resolve((taken.address() as { port: number }).port))
  })
  try {
    const { code, stderr } = await run('node', [
      launcher,
      `--data=${folderWith()}`,
      `--prometheus-port=${await freePort()}`,
      `--alertmanager-port=${port}`,
      `--pushgateway-port=${await freePort()}`,
      `--node-exporter-port=${await freePort()}`,
    ])
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port} of alertmanager is already in use`)
    expect(stderr).toContain('--alertmanager-port')
  } finally {
    taken.close()
  }
})

it.each(programs)(
  '%s alone on a taken port says which port and which flag, exit code 1',
  async (program) => {
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port))
    })
    try {
      const folder = folderWith({
        'prometheus.yml': '',
        'alertmanager.yml': 'route: {receiver: a}\nreceivers: [{name: a}]\n',
      })
      const config = program === 'prometheus' || program === 'alertmanager'
      const { code, stderr, stdout } = await run(
        join(repoRoot, 'dist/bin', program),
        [
          `--web.listen-address=127.0.0.1:${port}`,
          ...(config ? [`--config.file=${program}.yml`] : []),
          ...(program === 'alertmanager' ? ['--cluster.listen-address='] : []),
        ],
        { cwd: folder, timeoutMs: 20_000 },
      )
      expect(stdout + stderr).toContain(
        `listen tcp 127.0.0.1:${port}: bind: address already in use`,
      )
      expect(stdout + stderr).toContain('--web.listen-address')
      expect(code).toBe(1)
    } finally {
      taken.close()
    }
  },
)

it.each([...programs, 'promtool', 'amtool'])('%s runs from any folder', async (program) => {
  const { code, stdout, stderr } = await run(join(repoRoot, 'dist/bin', program), ['--version'], {
    cwd: folderWith(),
  })
  expect(code).toBe(0)
  expect(stdout + stderr).toMatch(new RegExp(`^${program}, version \\d+\\.\\d+\\.\\d+`))
})
