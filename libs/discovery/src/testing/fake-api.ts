/**
 * An API that answers from a table, over real HTTP: plainly, over TLS, and as a proxy behind which every host on
 * the internet is this one, so that mechanisms with fixed addresses can be asked too.
 */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { SelfSigned } from '@prom/testkit'

/**
 * Answers by `METHOD [host]/path[?query]`, the most exact first: a JSON document, or `{"$status", "$headers",
 * "$body"}` with a text. `{{key}}` of a body picks one by a word the request's body must have.
 */
export type Answers = Readonly<Record<string, unknown>>

export interface FakeApi {
  readonly port: number
  readonly tlsPort: number
  /** `METHOD host/path?query` of each request. */
  readonly asked: string[]
  /** What came with the last request of that method and path. */
  readonly bodies: Map<string, string>
  /** Sends an event to those who watch `path`. */
  tell(path: string, event: unknown): void
  /** Ends the watches of `path`. */
  endWatches(path: string): void
  close(): Promise<void>
}

export async function startFakeApi(table: Answers, tls: SelfSigned): Promise<FakeApi> {
  const asked: string[] = []
  const bodies = new Map<string, string>()
  const sockets = new Set<Socket>()
  const watches: { readonly path: string; readonly response: ServerResponse }[] = []
  let answers: Answers = {}
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const path = (request.url as string)
        .replace(/^http:\/\/[^/]+/, '')
        .replace(/^\/v1\.\d+\//, '/')
      const method = request.method as string
      const body = Buffer.concat(pieces).toString()
      asked.push(`${method} ${request.headers.host}${path}`)
      const { searchParams } = new URL(path, 'http://x')
      if (searchParams.has('sendInitialEvents')) {
        // As API servers do that cannot begin a watch with a list.
        response.writeHead(422, { 'Content-Type': 'application/json' }).end('{"kind":"Status"}')
        return
      }
      if (searchParams.has('watch')) {
        watch(path, response)
        return
      }
      bodies.set(`${method} ${path}`, body)
      answer(find(answers, method, request.headers.host ?? '', path), body, response)
    })
  }
  const watch = (path: string, response: ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.flushHeaders()
    watches.push({ path: path.replace(/\?.*$/s, ''), response })
  }
  const server = createServer(handle)
  const secure = createTlsServer({ ...tls }, handle)
  server.on('connect', (_request, socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    secure.emit('connection', socket)
  })
  await Promise.all([listen(server), listen(secure)])
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  answers = JSON.parse(JSON.stringify(table).replaceAll('HOST', address)) as Answers
  return {
    ...{ asked, bodies },
    tell: (path, event) => {
      for (const one of watches) {
        if (one.path === path) one.response.write(`${JSON.stringify(event)}\n`)
      }
    },
    endWatches: (path) => {
      for (const one of watches) if (one.path === path) one.response.end()
    },
    port: (server.address() as AddressInfo).port,
    tlsPort: (secure.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      for (const one of [server, secure]) {
        one.closeAllConnections()
        await new Promise((resolve) => one.close(resolve))
      }
    },
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
}

function find(answers: Answers, method: string, host: string, path: string): unknown {
  const bare = path.replace(/\?.*$/s, '')
  const keys = [`${host}${path}`, `${host}${bare}`, path, bare].map((key) => `${method} ${key}`)
  return keys.map((key) => answers[key]).find((value) => value !== undefined)
}

function answer(found: unknown, body: string, response: ServerResponse): void {
  if (found === undefined) {
    response.writeHead(404, { 'Content-Type': 'application/json' }).end('{}')
    return
  }
  if (typeof found === 'object' && found !== null && '$when' in found) {
    const cases = Object.entries(found.$when as object)
    answer(cases.find(([word]) => body.includes(word))?.[1], body, response)
    return
  }
  if (typeof found === 'object' && found !== null && '$body' in found) {
    const { $status = 200, $headers = {}, $body } = found as Record<string, unknown>
    const text = typeof $body === 'string' ? $body : JSON.stringify($body)
    const headers = { 'Content-Type': 'application/json', ...($headers as object) }
    response.writeHead($status as number, headers as Record<string, string>).end(text)
    return
  }
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(found))
}

export interface SdCase {
  readonly name: string
  /** `HOST`, `TLSPORT`, `PROXY` and `DIR` stand for the fake's. */
  readonly config: string
  readonly answers: Answers
}

/** `testdata/<case>/config.yml` and `api.json`. */
export function readCase(folder: string, name: string): SdCase {
  const read = (file: string) => readFileSync(`${folder}/${name}/${file}`, 'utf8')
  return { name, config: read('config.yml'), answers: JSON.parse(read('api.json')) as Answers }
}

/** The configuration with the addresses of `api` in it. */
export function fillIn(config: string, api: FakeApi, folder: string): string {
  return config
    .replaceAll('HOST', `127.0.0.1:${api.port}`)
    .replaceAll('TLSPORT', String(api.tlsPort))
    .replaceAll('PROXY', `http://127.0.0.1:${api.port}`)
    .replaceAll('DIR', folder)
}

/** A document with the fake's addresses as they stand in `config.yml`. */
export function forget(text: string, api: FakeApi): string {
  return text
    .replaceAll(`127.0.0.1:${api.port}`, 'HOST')
    .replaceAll(`:${api.tlsPort}"`, ':TLSPORT"')
}

/** Target labels as they are compared: whole, without empty ones, sorted. */
export function flatten(
  groups: readonly {
    readonly targets: readonly Readonly<Record<string, string>>[]
    readonly labels: Readonly<Record<string, string>>
  }[],
): Record<string, string>[] {
  const all = groups.flatMap(({ targets, labels }) => targets.map((own) => ({ ...labels, ...own })))
  return sortTargets(all)
}

export function sortTargets(targets: readonly Readonly<Record<string, string>>[]) {
  return targets
    .map((labels) => {
      const entries = Object.entries(labels).filter(([, value]) => value !== '')
      return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}
