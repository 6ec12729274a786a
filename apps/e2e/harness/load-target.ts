/** A scrape target with many series: counters, gauges and one that comes and goes. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export async function startLoadTarget(
  series: number,
): Promise<{ address: string; close(): Promise<void> }> {
  let scrapes = 0
  const server = createServer((_, response) => {
    scrapes++
    const lines = ['# TYPE load_total counter']
    for (let i = 0; i < series; i++) lines.push(`load_total{i="${i}"} ${scrapes * 3 + i / 8}`)
    lines.push('# TYPE load_level gauge', `load_level ${Math.round(Math.sin(scrapes) * 1e6) / 8}`)
    if (Math.floor(scrapes / 5) % 2 === 0) lines.push('load_sometimes 1')
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(`${lines.join('\n')}\n`)
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
