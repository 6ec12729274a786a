/**
 * A client of D-Bus, as far as collectors ask it: method calls with strings, one answer each.
 *
 *   message  byte order, type, flags, version (a byte each), body length (4), serial (4),
 *            header fields: array of (number, variant), padded to 8; then the body
 */
import type { Socket } from 'node:net'
import type { HostFiles, HostNet } from '@prom/runtime'
import { DbusReader, type DbusValue, DbusWriter } from './dbus-message.ts'
import { errnoText } from './errno-text.ts'

const METHOD_CALL = 1
const METHOD_RETURN = 2
const ERROR = 3
const FIXED_BYTES = 16
/** The limit of the protocol itself. */
const MESSAGE_BYTES_MAX = 128 * 1024 * 1024

export interface DbusCall {
  /** Absent on a connection straight to a service. */
  readonly destination?: string
  readonly path: string
  readonly interface: string
  readonly member: string
  readonly args?: readonly string[]
}

interface Waiting {
  readonly resolve: (values: DbusValue[]) => void
  readonly reject: (err: Error) => void
}

export class DbusConnection {
  readonly #socket: Socket
  readonly #waiting = new Map<number, Waiting>()
  #received: Buffer = Buffer.alloc(0)
  #serial = 0
  #failure: Error | undefined

  private constructor(socket: Socket, rest: Buffer) {
    this.#socket = socket
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('error', (err) => this.#fail(err))
    socket.on('close', () => this.#fail(new Error('dbus: connection closed')))
    if (rest.length > 0) this.#receive(rest)
  }

  /** Connects, says who we are, and on a bus also says hello. Ends when `signal` aborts. */
  static async open(
    { net, files }: { readonly net: HostNet; readonly files: HostFiles },
    path: string,
    options: { readonly isBus: boolean; readonly signal: AbortSignal },
  ): Promise<DbusConnection> {
    const socket = net.connect({ path })
    options.signal.addEventListener('abort', () => socket.destroy(), { once: true })
    const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(files.readTextSync('/proc/self/status'))?.[1] ?? '0'
    const rest = await authenticate(socket, path, uid)
    const connection = new DbusConnection(socket, rest)
    if (options.isBus) {
      await connection.call({
        destination: 'org.freedesktop.DBus',
        path: '/org/freedesktop/DBus',
        interface: 'org.freedesktop.DBus',
        member: 'Hello',
      })
    }
    return connection
  }

  call(call: DbusCall): Promise<DbusValue[]> {
    if (this.#failure) return Promise.reject(this.#failure)
    const serial = ++this.#serial
    this.#socket.write(encodeCall(serial, call))
    return new Promise((resolve, reject) => this.#waiting.set(serial, { resolve, reject }))
  }

  /** One property of an object. */
  async property(of: Omit<DbusCall, 'member' | 'args'>, name: string): Promise<DbusValue> {
    const [value] = await this.call({
      ...of,
      interface: 'org.freedesktop.DBus.Properties',
      member: 'Get',
      args: [of.interface, name],
    })
    return value as DbusValue
  }

  close(): void {
    this.#socket.destroy()
  }

  #receive(piece: Buffer): void {
    this.#received = this.#received.length === 0 ? piece : Buffer.concat([this.#received, piece])
    try {
      for (;;) {
        const size = messageSize(this.#received)
        if (size === undefined || this.#received.length < size) return
        this.#deliver(this.#received.subarray(0, size))
        this.#received = this.#received.subarray(size)
      }
    } catch (err) {
      this.#fail(err as Error)
      this.#socket.destroy()
    }
  }

  #deliver(bytes: Buffer): void {
    const type = bytes.readUInt8(1)
    if (type !== METHOD_RETURN && type !== ERROR) return
    const fields = new Map(
      (new DbusReader(bytes, 12).read('a(yv)') as [number, DbusValue][]).map(([id, value]) => [
        id,
        value,
      ]),
    )
    const waiting = this.#waiting.get(fields.get(5) as number)
    if (!waiting) return
    this.#waiting.delete(fields.get(5) as number)
    const bodyAt = bytes.length - bytes.readUInt32LE(4)
    const body = new DbusReader(bytes.subarray(bodyAt), 0).readAll((fields.get(8) as string) ?? '')
    if (type === METHOD_RETURN) waiting.resolve(body)
    else waiting.reject(new Error(String(body[0] ?? fields.get(4))))
  }

  #fail(err: Error): void {
    this.#failure ??= err
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

/** Resolves with what came after the answer. */
function authenticate(socket: Socket, path: string, uid: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const onError = (err: Error) => {
      reject(new Error(`dial unix ${path}: connect: ${errnoText(err)}`))
    }
    const onData = (piece: Buffer) => {
      received = Buffer.concat([received, piece])
      const end = received.indexOf('\r\n')
      if (end < 0) return
      const line = received.toString('latin1', 0, end)
      socket.off('data', onData).off('error', onError).off('close', onClose)
      if (!line.startsWith('OK')) {
        socket.destroy()
        reject(new Error('dbus: authentication failed'))
        return
      }
      socket.write('BEGIN\r\n')
      resolve(received.subarray(end + 2))
    }
    const onClose = () => reject(new Error('dbus: connection closed'))
    socket.once('error', onError).on('data', onData).once('close', onClose)
    socket.once('connect', () => {
      socket.write(`\0AUTH EXTERNAL ${Buffer.from(uid).toString('hex')}\r\n`)
    })
  })
}

function encodeCall(
  serial: number,
  { destination, path, interface: face, member, args = [] }: DbusCall,
) {
  const body = new DbusWriter()
  for (const arg of args) body.string(arg)
  const head = new DbusWriter()
  head.bytes(Buffer.from(['l'.charCodeAt(0), METHOD_CALL, 0, 1]))
  head.uint32(body.size).uint32(serial)
  head.headerFields([
    [1, 'o', path],
    [2, 's', face],
    [3, 's', member],
    ...(destination === undefined ? [] : ([[6, 's', destination]] as [number, string, string][])),
    ...(args.length === 0
      ? []
      : ([[8, 'g', 's'.repeat(args.length)]] as [number, string, string][])),
  ])
  return Buffer.concat([head.finish(), body.finish()])
}

function messageSize(bytes: Buffer): number | undefined {
  if (bytes.length < FIXED_BYTES) return undefined
  if (bytes.readUInt8(0) !== 'l'.charCodeAt(0)) throw new Error('dbus: unexpected byte order')
  const fields = bytes.readUInt32LE(12)
  const size = ((FIXED_BYTES + fields + 7) & ~7) + bytes.readUInt32LE(4)
  if (size > MESSAGE_BYTES_MAX) throw new Error('dbus: message is too large')
  return size
}
