/** A million samples become blocks that the original reads, for at most half its CPU and in bounded memory. */
import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { run } from '../harness/processes.ts'
import { originals, ours, programPath } from '../harness/programs.ts'

const SERIES = 500
const SCRAPES = process.env.LONG === '1' ? 2000 : 400
const START_SECONDS = 1_700_000_000
const MEMORY_MAX_MB = 400

afterAll(removeFolders)

function writePage(path: string): void {
  const file = openSync(path, 'w')
  const names = Array.from(
    { length: SERIES },
    (_, i) => `requests_total{code="${200 + (i % 3)}",instance="10.0.0.${i}:9100",job="node"}`,
  )
  writeSync(file, '# TYPE requests counter\n')
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const at = START_SECONDS + scrape * 15
    const lines = names.map((name, i) => `${name} ${scrape * (i + 1)} ${at}\n`)
    writeSync(file, lines.join(''))
  }
  writeSync(file, '# EOF\n')
  closeSync(file)
}

interface Cost {
  readonly code: number
  readonly cpuSeconds: number
  readonly peakMb: number
}

/** CPU time and memory as the kernel counts them, read while the process runs. */
function measure(path: string, args: readonly string[], cwd: string): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] })
    let cpuSeconds = 0
    let peakMb = 0
    const look = () => {
      try {
        const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
        cpuSeconds = (Number(fields[11]) + Number(fields[12])) / 100
        const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
        peakMb = Math.max(peakMb, Number(peak?.[1] ?? 0) / 1024)
      } catch {
        // It has just ended.
      }
    }
    const timer = setInterval(look, 20)
    child.once('error', reject)
    child.once('close', (code) => {
      clearInterval(timer)
      resolve({ code: code ?? -1, cpuSeconds, peakMb })
    })
  })
}

test('the original reads what we import, sample by sample', async () => {
  const folder = folderWith()
  writePage(join(folder, 'page.om'))
  const args = (out: string) => ['tsdb', 'create-blocks-from', 'openmetrics', 'page.om', out]
  const theirs = await measure(programPath(originals, 'promtool'), args('theirs'), folder)
  const mine = await measure(programPath(ours, 'promtool'), args('ours'), folder)
  expect([theirs.code, mine.code]).toEqual([0, 0])

  const dump = async (out: string) => {
    mkdirSync(join(folder, out, 'wal'))
    const argv = ['tsdb', 'dump', '--match={instance=~"10.0.0.(1|77|499):9100"}', out]
    const read = await run(programPath(originals, 'promtool'), argv, { cwd: folder })
    return read.stdout
  }
  const want = await dump('theirs')
  expect(want.split('\n').length).toBe(3 * SCRAPES + 1)
  expect(await dump('ours')).toBe(want)

  const counts = async (out: string) => {
    const argv = ['tsdb', 'list', out]
    const list = await run(programPath(originals, 'promtool'), argv, { cwd: folder })
    // Without the ULID in front and the size at the end: indices of ours have no label sections.
    return list.stdout.split('\n').map((line) => line.split(/ {2,}/).slice(1, -1))
  }
  expect(await counts('ours')).toEqual(await counts('theirs'))

  expect(mine.peakMb).toBeLessThan(MEMORY_MAX_MB)
  if (process.env.LONG === '1') {
    expect(mine.cpuSeconds).toBeLessThanOrEqual(theirs.cpuSeconds / 2)
  }
})
