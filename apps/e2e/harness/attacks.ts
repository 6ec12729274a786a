/** What a port may meet: half-sent requests, idle crowds, bombs, noise. All on loopback, all bounded. */
import { createHash, randomBytes } from 'node:crypto'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

export interface Crowd {
  readonly sockets: readonly Socket[]
  leave(): void
}

/** Opens `count` connections that send `greeting` and then nothing; some may be turned away. */
export async function crowd(port: number, count: number, greeting = ''): Promise<Crowd> {
  const sockets: Socket[] = []
  const open = () =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port })
      sockets.push(socket)
      socket.on('error', () => resolve())
      socket.on('connect', () => {
        if (greeting !== '') socket.write(greeting)
        resolve()
      })
      // Answers are not read: that is for the other side to deal with.
      socket.pause()
    })
  for (let done = 0; done < count; done += 200) {
    await Promise.all(Array.from({ length: Math.min(200, count - done) }, open))
  }
  return {
    sockets,
    leave: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Sends bytes and says how the other side answered: the status line, or nothing. Ends after `withinMs`. */
export function shout(port: number, bytes: Uint8Array | string, withinMs = 5_000): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect({ host: '127.0.0.1', port })
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(text.split('\r\n')[0] as string)
    }
    const timer = setTimeout(end, withinMs)
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      if (text.includes('\r\n')) end()
    })
    socket.on('error', end)
    socket.on('close', end)
  })
}

const post = (path: string, headers: string, body: Uint8Array) =>
  Buffer.concat([
    Buffer.from(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${headers}\r\n\r\n`,
    ),
    body,
  ])

/** 256 MiB of one letter, in 256 KiB. */
export function gzipBomb(): Buffer {
  return gzipSync(Buffer.alloc(256 << 20, 'a'), { level: 9 })
}

/** Requests that are wrong each in its own way; `paths` are places that take bodies. */
export function badRequests(paths: readonly string[], bomb: Uint8Array): (Buffer | string)[] {
  const noise = (seed: string, size: number) => {
    const pieces: Buffer[] = []
    for (let i = 0; i * 32 < size; i++) {
      pieces.push(createHash('sha256').update(`${seed}${i}`).digest())
    }
    return Buffer.concat(pieces)
  }
  const all: (Buffer | string)[] = [
    ...Array.from({ length: 20 }, (_, i) => noise(`n${i}`, 50 * (i + 1) ** 2)),
    randomBytes(100_000),
    '\r\n'.repeat(10_000),
    `GET /${'a'.repeat(1 << 20)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'b'.repeat(1 << 20)}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\n${'X-Many: c\r\n'.repeat(50_000)}\r\n`,
    'GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n0\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    'GET /%zz%00%ff/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', // The start of a TLS handshake.
  ]
  for (const path of paths) {
    all.push(
      post(path, 'Content-Type: text/plain', noise(path, 100_000)),
      post(path, 'Content-Encoding: gzip\r\nContent-Type: text/plain', bomb),
      post(path, 'Content-Encoding: gzip', noise(path, 1000)),
      // Snappy that promises four gigabytes.
      post(
        path,
        'Content-Encoding: snappy\r\nContent-Type: application/x-protobuf',
        Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00, 0x61]),
      ),
      post(path, 'Content-Type: application/json', Buffer.from('['.repeat(200_000))),
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\nabc`,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\nabc`,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\nabc`,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n`,
    )
  }
  return all
}
