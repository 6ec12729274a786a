import { seededRandom } from '@prom/testkit'
import { HTTP_HEAD, readPlainHttpHead } from './http-head.ts'
import { instantiateKernels, KERNEL_DATA_BYTES } from './kernels.ts'

const kernels = instantiateKernels()
const { memory } = kernels
const bytes = Buffer.from(memory.buffer)
const view = new DataView(memory.buffer)
const OUT = KERNEL_DATA_BYTES
const AT = KERNEL_DATA_BYTES + 64

/** What the kernel finds, in the shape of its twin. */
function kernel(head: Buffer) {
  bytes.fill(0x78, AT, AT + head.length + 32) // What lies behind must not matter.
  bytes.set(head, AT)
  const length = kernels.exports.readHttpHead(AT, AT + head.length, OUT)
  if (length === 0) return undefined
  const at = (offset: number) => view.getUint32(OUT + offset, true)
  const type = at(HTTP_HEAD.type)
  return {
    length,
    bodyLength: at(HTTP_HEAD.bodyLength),
    flags: at(HTTP_HEAD.flags),
    type: type === 0 ? undefined : bytes.toString('latin1', type, type + at(HTTP_HEAD.typeLength)),
  }
}

const PLAIN = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\n\r\n'

test('heads of metrics endpoints are read', () => {
  const f = (head: string, expected: object | undefined) =>
    expect(kernel(Buffer.from(head, 'latin1'))).toEqual(expected)
  const { length } = PLAIN
  f(`${PLAIN}a 1\n`, { length, bodyLength: 12, flags: 0, type: 'text/plain' })
  f(PLAIN.toUpperCase().replace('\r\nCONTENT-T', '\r\nDate: x\r\nX_Y: \r\nCONTENT-T'), {
    ...{ length: length + 16, bodyLength: 12, flags: 0, type: 'TEXT/PLAIN' },
  })
  f(
    'HTTP/1.1 200\r\ntransfer-encoding: chunked\r\nConnection:Keep-Alive \r\ncontent-encoding:gzip\r\n\r\n',
    { length: 91, bodyLength: 0xffffffff, flags: 3, type: undefined },
  )
  f(PLAIN.slice(0, -1), undefined) // Not all there.
  f(PLAIN.replace('200', '404'), undefined)
  f(PLAIN.replace('1.1', '1.0'), undefined)
  f(PLAIN.replace('12', '-1'), undefined)
  f(PLAIN.replace('12', '1234567890'), undefined)
  f(PLAIN.replace('Type', 'Length'), undefined)
  f(PLAIN.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'), undefined)
  f(PLAIN.replace('\r\n\r\n', '\r\nTransfer-Encoding: chunked\r\n\r\n'), undefined)
  f(PLAIN.replace('\r\n\r\n', '\r\nContent-Encoding: br\r\n\r\n'), undefined)
  f(PLAIN.replace('\r\n\r\n', '\r\n folded\r\n\r\n'), undefined)
  f(PLAIN.replaceAll('\r', ''), undefined)
})

test('equal types have equal hashes, others do not', () => {
  const hash = (type: string) => {
    kernel(Buffer.from(PLAIN.replace('text/plain', type)))
    return view.getUint32(OUT + HTTP_HEAD.typeHash, true)
  }
  expect(hash('text/plain')).toBe(hash('text/plain'))
  expect(hash('text/plain')).not.toBe(hash('text/plaim'))
})

test('random and hostile heads are what the twin says', () => {
  const random = seededRandom(11)
  const pick = <T>(items: readonly T[]) => items[Math.floor(random.next() * items.length)] as T
  const names = [
    'Content-Length',
    'content-type',
    'Content-Encoding',
    'Transfer-Encoding',
    'Connection',
    'Connectiom',
    'Date',
    'X',
    '',
    'bad name',
  ]
  const values = [
    '12',
    '0',
    'gzip',
    'GZIP',
    'chunked',
    'chunkedx',
    'keep-alive',
    'close',
    '',
    'a b',
  ]
  for (let round = 0; round < 20_000; round++) {
    const lines = ['HTTP/1.1 200 OK']
    for (let i = Math.floor(random.next() * 5); i > 0; i--) {
      lines.push(`${pick(names)}:${pick(['', ' ', '  ', '\t'])}${pick(values)}${pick(['', ' '])}`)
    }
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\nbody`)
    for (let i = Math.floor(random.next() * 3); i > 1; i--) {
      head[Math.floor(random.next() * head.length)] = Math.floor(random.next() * 256)
    }
    const cut = head.subarray(
      0,
      random.next() < 0.2 ? Math.floor(random.next() * head.length) : head.length,
    )
    expect(kernel(cut)).toEqual(readPlainHttpHead(cut))
  }
})
