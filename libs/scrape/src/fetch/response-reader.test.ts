import { seededRandom } from '@prom/testkit'
import { BodyMemory } from '../body-memory.ts'
import { ScrapeError } from '../errors.ts'
import { ResponseReader } from './response-reader.ts'

const memory = new BodyMemory(new Uint8Array(16))
const bytes = (text: string) => Buffer.from(text, 'latin1')

/** Feeds `response` in pieces of the given sizes, some through the window and some from elsewhere. */
function read(response: Buffer, pieces: readonly number[], bodyMax = 0): ResponseReader {
  const reader = new ResponseReader(memory, 0, bodyMax)
  let at = 0
  for (let i = 0; at < response.length && !reader.isDone; i++) {
    const piece = response.subarray(at, at + (pieces[i % pieces.length] as number))
    if (i % 2 === 0) reader.receive(piece)
    else {
      const window = reader.window()
      const count = Math.min(window.length, piece.length)
      window.set(piece.subarray(0, count))
      reader.received(count)
      at += count - piece.length
    }
    at += piece.length
  }
  return reader
}

function body(reader: ResponseReader): string {
  const { bodyAddress, bodyLength } = reader
  return memory.bytes.toString('latin1', bodyAddress, bodyAddress + bodyLength)
}

const head = (fields: string) => `HTTP/1.1 200 OK\r\n${fields}\r\n`

describe('ResponseReader', () => {
  const text = `${'x'.repeat(100_000)}end`
  const chunked = (size: number) => {
    let out = ''
    for (let at = 0; at < text.length; at += size) {
      const piece = text.slice(at, at + size)
      out += `${piece.length.toString(16)};ext=1\r\n${piece}\r\n`
    }
    return `${out}0\r\nTrailer: x\r\n\r\n`
  }

  test('gives the same body however it is cut', () => {
    const responses = [
      bytes(head(`Content-Length: ${text.length}\r\n`) + text),
      bytes(head('Transfer-Encoding: chunked\r\n') + chunked(7919)),
      bytes(head('Transfer-Encoding: chunked\r\n') + chunked(13)),
      bytes(`HTTP/1.1 100 Continue\r\n\r\n${head(`Content-Length: ${text.length}\r\n`)}${text}`),
    ]
    for (const response of responses) {
      for (const pieces of [[1 << 20], [1, 7, 3000], [997], [65_536, 1]]) {
        const reader = read(response, pieces)
        expect([reader.isDone, reader.status, reader.isKeepAlive]).toEqual([true, 200, true])
        expect(body(reader) === text).toBe(true)
        memory.release(reader.slot)
      }
    }
  })

  test('takes what matters from the header', () => {
    const reader = read(
      bytes(
        'HTTP/1.0 302 Moved  on\nlocation: /x\ncontent-TYPE: a/b\nCONTENT-ENCODING: gzip\nConnection: Keep-Alive\nContent-Length: 0\n\n',
      ),
      [10],
    )
    expect(reader).toMatchObject({
      isDone: true,
      status: 302,
      statusText: '302 Moved  on',
      location: '/x',
      contentType: 'a/b',
      contentEncoding: 'gzip',
      isKeepAlive: true,
    })
  })

  test('a body without a length ends with the connection, which is not used again', () => {
    const reader = read(bytes(`${head('')}abc`), [5])
    expect(reader.isDone).toBe(false)
    reader.ended()
    expect([body(reader), reader.isKeepAlive]).toEqual(['abc', false])
  })

  test('an early end is an error', () => {
    const f = (response: string, message: string) => {
      const reader = read(bytes(response), [4])
      expect(() => reader.ended()).toThrow(message)
    }
    f('HTTP/1.1 200 OK\r\n', 'EOF')
    f(`${head('Content-Length: 5\r\n')}abc`, 'unexpected EOF')
    f(`${head('Transfer-Encoding: chunked\r\n')}3\r\nab`, 'unexpected EOF')
  })

  test('bytes after the answer spoil the connection', () => {
    const reader = read(bytes(`${head('Content-Length: 1\r\n')}ab`), [1000])
    expect([body(reader), reader.isKeepAlive]).toEqual(['a', false])
  })

  test('refuses what is malformed or too much', () => {
    const f = (response: string, message: string, bodyMax = 0) =>
      expect(() => read(bytes(response), [1000], bodyMax)).toThrow(message)
    f('SSH-2.0-x\r\n\r\n', 'malformed HTTP response "SSH-2.0-x"')
    f(head('Content-Length: -1\r\n'), 'bad Content-Length "-1"')
    f(head('Content-Length: 1\r\nContent-Length: 2\r\n'), 'bad Content-Length "2"')
    f(head('Transfer-Encoding: gzip\r\n'), 'unsupported transfer encoding: "gzip"')
    f(`${head('Transfer-Encoding: chunked\r\n')}xyz\r\n`, 'invalid byte in chunk length')
    f(head('Content-Length: 100\r\n'), 'body size limit exceeded', 100)
    f(`${head('Transfer-Encoding: chunked\r\n')}64\r\n`, 'body size limit exceeded', 100)
    f(head('Content-Length: 900000000000\r\n') + 'x'.repeat(10), 'body size limit exceeded', 1000)
    f(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(2 << 20)}`, 'server response headers exceeded')
  })

  test('no garbage makes it loop or throw anything but a ScrapeError', () => {
    const random = seededRandom(11)
    const below = (n: number) => Math.floor(random.next() * n)
    const good = bytes(head('Transfer-Encoding: chunked\r\n') + chunked(50_000))
    for (let round = 0; round < 300; round++) {
      const response = Buffer.from(good.subarray(0, 200 + below(2000)))
      for (let i = 0; i < 1 + below(20); i++) response[below(response.length)] = below(256)
      let reader: ResponseReader | undefined
      try {
        reader = read(response, [1 + below(50)])
        reader.ended()
      } catch (err) {
        expect(err).toBeInstanceOf(ScrapeError)
      }
      if (reader) memory.release(reader.slot)
    }
  })
})

describe('BodyMemory', () => {
  test('slots never overlap, and come back', () => {
    const own = new BodyMemory(new Uint8Array(16))
    const random = seededRandom(5)
    const held: { address: number; sizeBytes: number }[] = []
    for (let i = 0; i < 800; i++) {
      if (held.length > 40 || (held.length > 0 && random.next() < 0.4)) {
        const [slot] = held.splice(Math.floor(random.next() * held.length), 1)
        if (slot) own.release(slot)
        continue
      }
      const wanted = Math.floor(random.next() ** 4 * (64 << 20))
      const slot = own.acquire(wanted)
      if (!slot) continue
      expect(slot.sizeBytes).toBeGreaterThanOrEqual(wanted)
      for (const other of held) {
        const isApart =
          slot.address + slot.sizeBytes <= other.address ||
          other.address + other.sizeBytes <= slot.address
        expect(isApart).toBe(true)
      }
      held.push(slot)
    }
    for (const slot of held) own.release(slot)
    expect(own.acquire(256 << 20)).toBeDefined()
  })

  test('says when it is full', () => {
    const own = new BodyMemory(new Uint8Array(16))
    expect(own.acquire(2 ** 31)).toBeUndefined()
  })
})
