/** Ours in this process and the original beside it, each with a folder and a free port of its own. */
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { createHost } from '@prom/runtime/node'
import { main } from '../main.ts'

const bin = process.env.REFERENCE_BIN ?? join(homedir(), '.cache/prometheus-reference/bin')
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

export interface Side {
  readonly url: string
  stop(): Promise<void>
}

/** Starts one of the two with this configuration file's text; resolves when it is ready. */
export async function startSide(
  who: 'ours' | 'theirs',
  { folder, config }: { readonly folder: string; readonly config: string },
): Promise<Side> {
  const file = join(folder, `${who}.yml`)
  writeFileSync(file, config)
  const url = `http://127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${file}`,
    `--storage.path=${join(folder, who)}`,
    `--web.listen-address=${url.slice(7)}`,
    '--web.external-url=http://am.test',
    '--cluster.listen-address=',
  ]
  const stop = who === 'ours' ? runOurs(args) : runTheirs(args)
  await waitFor(`${who} to be ready`, () =>
    fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
  return { url, stop }
}

/** Throws after a minute, with what was waited for. */
export async function waitFor(what: string, check: () => boolean | Promise<boolean>) {
  const startedMs = Date.now()
  while (!(await check())) {
    if (Date.now() - startedMs > 60_000) throw new Error(`waited in vain for ${what}`)
    await sleep(50)
  }
}

/** Posts alerts to all sides. */
export async function postAll(sides: readonly Side[], alerts: readonly object[]): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify(alerts)
  const answers = await Promise.all(
    sides.map(({ url }) => fetch(`${url}/api/v2/alerts`, { method: 'POST', headers, body })),
  )
  for (const { status } of answers) if (status !== 200) throw new Error(`status ${status}`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()))
  return port
}

function runOurs(args: string[]) {
  const stop = new AbortController()
  const silent = { write: () => {}, isTerminal: false }
  const host = {
    ...createHost(process),
    signals: { stop: stop.signal, onHangup: () => () => {} },
    stdout: silent,
    stderr: silent,
  }
  const done = main(args, host)
  return async () => {
    stop.abort()
    await done
  }
}

function runTheirs(args: string[]) {
  const path = join(bin, 'alertmanager')
  if (!existsSync(path)) throw new Error(`the original is not there: ${path}`)
  const child = spawn(path, args, { stdio: 'ignore' })
  const done = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGTERM')
    await done
  }
}
