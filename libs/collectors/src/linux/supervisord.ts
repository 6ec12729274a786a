import type { NetConnectOpts } from 'node:net'
import { type CollectorDeps, defineCollector } from '../collector.ts'

const UP = new Set([10, 20, 40])
const ANSWER_BYTES_MAX = 16 * 1024 * 1024
const BODY =
  '<?xml version="1.0"?><methodCall><methodName>supervisor.getAllProcessInfo</methodName><params></params></methodCall>'

export const supervisord = defineCollector({
  name: 'supervisord',
  isDefault: false,
  flags: [
    {
      name: 'collector.supervisord.url',
      kind: 'string',
      fallback: 'http://localhost:9001/RPC2',
      env: 'SUPERVISORD_URL',
      help: 'XML RPC endpoint.',
    },
  ],
  create: (deps) => {
    const { flags, log } = deps
    log.warn('This collector is deprecated and will be removed in the next major version release')
    const url = new URL(flags.string('collector.supervisord.url'))
    return async (page, signal) => {
      const answer = await ask(deps, url, signal)
      for (const program of parseProcesses(answer)) {
        const labels = [program.get('name') ?? '', program.get('group') ?? '']
        const number = (name: string) => Number(program.get(name) ?? 0)
        const isUp = UP.has(number('state'))
        page
          .gauge('node_supervisord_state', 'Process State', LABELS)
          .add(number('state'), ...labels)
        page
          .gauge('node_supervisord_exit_status', 'Process Exit Status', LABELS)
          .add(number('exitstatus'), ...labels)
        page.gauge('node_supervisord_up', 'Process Up', LABELS).add(isUp ? 1 : 0, ...labels)
        if (!isUp) continue
        page
          .counter('node_supervisord_start_time_seconds', 'Process start time', LABELS)
          .add(number('start'), ...labels)
      }
    }
  },
})

/** One POST over TCP or a unix socket, with the connection closed at its end. */
function ask({ net }: CollectorDeps, url: URL, signal: AbortSignal): Promise<string> {
  const isUnix = url.protocol === 'unix:'
  const target: NetConnectOpts = isUnix
    ? { path: url.pathname }
    : { host: url.hostname, port: Number(url.port || 80) }
  return new Promise((resolve, reject) => {
    const socket = net.connect(target)
    const pieces: Buffer[] = []
    let size = 0
    signal.addEventListener('abort', () => socket.destroy(new Error('timed out')), { once: true })
    socket.once('error', (err) => reject(new Error(`unable to call supervisord: ${err.message}`)))
    socket.on('data', (piece: Buffer) => {
      size += piece.length
      if (size > ANSWER_BYTES_MAX) socket.destroy(new Error('answer is too large'))
      else pieces.push(piece)
    })
    socket.once('close', () => {
      const text = Buffer.concat(pieces).toString()
      const status = /^HTTP\/1\.\d (\d+)/.exec(text)?.[1]
      if (status === '200') resolve(text)
      else reject(new Error(`unable to call supervisord: status ${status ?? 'unknown'}`))
    })
    const credentials = url.username
      ? `Authorization: Basic ${Buffer.from(`${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`).toString('base64')}\r\n`
      : ''
    socket.write(
      `POST ${isUnix ? '/RPC2' : url.pathname} HTTP/1.0\r\nHost: ${url.host || 'localhost'}\r\n${credentials}Content-Type: text/xml\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
    )
  })
}

/** One map of members per struct; the values we need are numbers and plain text. */
function parseProcesses(xml: string): ReadonlyMap<string, string>[] {
  return [...xml.matchAll(/<struct>(.*?)<\/struct>/gs)].map(
    ([, struct = '']) =>
      new Map(
        [
          ...struct.matchAll(
            /<name>([^<]*)<\/name>\s*<value>\s*(?:<(?:int|i4|string|boolean)>)?([^<]*)/gs,
          ),
        ].map(([, name = '', value = '']) => [name, unescapeXml(value)]),
      ),
  )
}

function unescapeXml(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
}

const LABELS = ['name', 'group']
