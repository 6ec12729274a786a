/** The whole program in this process, on a free port and a folder of its own, until the test ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host } from '@prom/runtime'
import { createHost } from '@prom/runtime/node'
import { main } from '../main.ts'

export interface Started {
  readonly url: string
  readonly folder: string
  readonly log: () => string
  hangUp(): void
  stop(): Promise<number>
}

const started: Started[] = []

/** Stops what was started and removes its folders; for afterEach. */
export async function stopAll(): Promise<void> {
  for (const program of started.splice(0)) {
    await program.stop()
    rmSync(program.folder, { recursive: true, force: true })
  }
}

export async function start(
  config: string,
  flags: string[] = [],
  folder?: string,
  more: Partial<Host> = {},
): Promise<Started> {
  const path = folder ?? mkdtempSync(join(tmpdir(), 'alertmanager-'))
  writeFileSync(join(path, 'am.yml'), config)
  const stop = new AbortController()
  const hangups: (() => void)[] = []
  let log = ''
  const host: Host = {
    ...createHost(process),
    ...more,
    signals: {
      stop: stop.signal,
      onHangup: (callback) => {
        hangups.push(callback)
        return () => {}
      },
    },
    stdout: { write: (text) => void (log += String(text)), isTerminal: false },
    stderr: { write: (text) => void (log += String(text)), isTerminal: false },
  }
  const done = main(
    [
      `--config.file=${join(path, 'am.yml')}`,
      `--storage.path=${join(path, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
      ...(flags.some((text) => text.startsWith('--cluster.')) ? [] : ['--cluster.listen-address=']),
      ...flags,
    ],
    host,
  )
  let isDone = false
  void done.then(() => {
    isDone = true
  })
  while (!isDone && !/Listening on" address=/.test(log)) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const address = /Listening on" address=(\S+)/.exec(log)?.[1] ?? ''
  const program: Started = {
    url: `http://${address}`,
    folder: path,
    log: () => log,
    hangUp: () => {
      for (const callback of hangups) callback()
    },
    stop: () => {
      stop.abort()
      return done
    },
  }
  started.push(program)
  return program
}

export const CONFIG = `
route: {receiver: w, group_by: [alertname], group_wait: 0s, group_interval: 1s}
receivers: [{name: w, webhook_configs: [{url: 'http://127.0.0.1:1/'}]}]
`

export const post = (url: string, body: unknown) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

export const until = async (check: () => boolean | Promise<boolean>) => {
  for (let i = 0; i < 300 && !(await check()); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
