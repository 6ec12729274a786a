/**
 * A scrape target whose samples do not depend on when it is scraped: values change on a time grid and carry the
 * grid's timestamp. Two servers that scrape it several times per grid step store the same samples.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export const GRID_MS = 5000

/** The page at one moment. Everything is a pure function of the grid step. */
export function gridPage(nowMs: number): string {
  const step = Math.floor(nowMs / GRID_MS)
  const at = step * GRID_MS
  const lines: string[] = []
  const sample = (series: string, value: number | string) => lines.push(`${series} ${value} ${at}`)
  // A counter resets every 37 steps, each instance at another moment.
  const counted = (shift: number, by: number) => ((step + shift) % 37) * by

  lines.push('# HELP grid_requests_total Requests, by code.', '# TYPE grid_requests_total counter')
  for (let i = 0; i < 6; i++) {
    for (const code of ['200', '404', '500']) {
      sample(
        `grid_requests_total{shard="${i}",code="${code}"}`,
        counted(i * 5, 3 + i) + Number(code) / 100,
      )
    }
  }
  lines.push('# TYPE grid_temperature gauge')
  for (let i = 0; i < 6; i++) {
    sample(`grid_temperature{shard="${i}"}`, Math.sin(step / 3 + i) * 40 + 20.125)
  }
  lines.push('# TYPE grid_special gauge')
  sample('grid_special{kind="nan"}', 'NaN')
  sample('grid_special{kind="inf"}', '+Inf')
  sample('grid_special{kind="tiny"}', 5e-324)
  sample('grid_special{kind="quote \\"\\\\ \\n ü"}', -0.000001)
  lines.push('# TYPE grid_latency_seconds histogram')
  let seen = 0
  for (const le of ['0.1', '0.5', '1', '5', '+Inf']) {
    seen += counted(11, 2)
    sample(`grid_latency_seconds_bucket{le="${le}"}`, seen)
  }
  sample('grid_latency_seconds_sum', counted(11, 2) * 3.7)
  sample('grid_latency_seconds_count', seen)
  // There only in every second minute.
  if (Math.floor(at / 60_000) % 2 === 0) sample('grid_sometimes{what="here"}', step % 7)
  return `${lines.join('\n')}\n`
}

export async function startGridTarget(): Promise<{ address: string; close(): Promise<void> }> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(gridPage(Date.now()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    address: `127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
