/** Scrape targets that answer as no exporter should, one path each. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const TEXT = { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }

export interface HostileTargets {
  readonly address: string
  close(): Promise<void>
}

/** Paths: `/good`, `/huge` (two million series), `/bomb`, `/endless`, `/short`, `/noise`, `/hang`, `/drop`. */
export async function startHostileTargets(bomb: Uint8Array): Promise<HostileTargets> {
  const open = new Set<ServerResponse>()
  let scrapes = 0
  const huge = hugeBody()
  // A zero byte first would be an empty page to the original, too.
  const noise = Buffer.from(Array.from({ length: 50_000 }, (_, i) => ((i * 7919) & 255) | 1))
  const answers: Record<string, (response: ServerResponse) => void> = {
    '/good': (response) => response.writeHead(200, TEXT).end(`good_scrapes ${++scrapes}\n`),
    '/huge': (response) => void sendHuge(response, huge),
    '/bomb': (response) =>
      response.writeHead(200, { ...TEXT, 'content-encoding': 'gzip' }).end(bomb),
    '/endless': (response) => {
      response.writeHead(200, TEXT)
      const timer = setInterval(() => response.write('# a comment that says nothing\n'), 20)
      response.on('close', () => clearInterval(timer))
    },
    '/short': (response) => {
      response.writeHead(200, { ...TEXT, 'content-length': '1000' })
      response.write('a 1\n')
      setTimeout(() => response.destroy(), 50)
    },
    '/noise': (response) => response.writeHead(200, TEXT).end(noise),
    '/hang': () => {},
    '/drop': (response) => response.destroy(),
  }
  const server = createServer((request, response) => {
    open.add(response)
    response.on('close', () => open.delete(response))
    response.on('error', () => {})
    const handle = answers[(request.url as string).replace(/\?.*/, '')]
    if (handle) handle(response)
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      for (const response of open) response.destroy()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Two million lines, made once: making them anew would keep this process from its other targets. */
function hugeBody(): Buffer[] {
  return Array.from({ length: 2000 }, (_, i) => {
    const lines = Array.from({ length: 1000 }, (_, j) => `huge{series="${i * 1000 + j}"} 1\n`)
    return Buffer.from(lines.join(''))
  })
}

/** As fast as the other side reads, until it has had enough. */
async function sendHuge(response: ServerResponse, body: readonly Buffer[]): Promise<void> {
  response.writeHead(200, TEXT)
  for (const piece of body) {
    if (response.destroyed) return
    if (response.write(piece)) continue
    await new Promise((resolve) => {
      response.once('drain', resolve)
      response.once('close', resolve)
    })
  }
  response.end()
}
