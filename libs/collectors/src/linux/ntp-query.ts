/**
 * One question in SNTP (RFC 5905): 48 bytes there, 48 back. Times are seconds since 1900 with 32 bits of fraction.
 *
 *   0 leap, version, mode   1 stratum   4 root delay (16.16)   8 root dispersion (16.16)
 *   16 reference time   24 origin (our own time, repeated)   32 received   40 sent
 */
import type { CollectorDeps } from '../collector.ts'

const PACKET_BYTES = 48
const MODE_CLIENT = 3
const TIMEOUT_MS = 1000
const SECONDS_1900 = 2_208_988_800
const SHORT_ONE = 65_536
const FRACTION_ONE = 2 ** 32

export interface NtpAnswer {
  readonly stratum: number
  readonly leap: number
  readonly rtt: number
  readonly offset: number
  readonly referenceSeconds: number
  readonly rootDelay: number
  readonly rootDispersion: number
  /** How far apart the clocks are at least. */
  readonly minError: number
}

interface Options {
  readonly server: string
  readonly port: number
  readonly version: number
  readonly ttl: number
}

export async function askTime(
  { net, clock }: CollectorDeps,
  { server, port, version, ttl }: Options,
  signal: AbortSignal,
): Promise<NtpAnswer> {
  if (!net.createDatagram) throw new Error('UDP is not available')
  const socket = net.createDatagram(server.includes(':') ? 'udp6' : 'udp4')
  const request = Buffer.alloc(PACKET_BYTES)
  request.writeUInt8((version << 3) | MODE_CLIENT, 0)
  const ended = new AbortController()
  try {
    const answer = new Promise<Buffer>((resolve, reject) => {
      socket.once('message', (bytes) => resolve(bytes))
      socket.once('error', (err) => reject(new Error(`couldn't get SNTP reply: ${err.message}`)))
    })
    const timeout = clock
      .sleep(TIMEOUT_MS, AbortSignal.any([signal, ended.signal]))
      .then(() => undefined)
    await new Promise<void>((resolve, reject) => {
      socket.connect(port, server, (err?: Error) => (err ? reject(err) : resolve()))
    })
    socket.setTTL(ttl)
    const sentMs = clock.now()
    writeTime(request, 40, sentMs / 1000)
    socket.send(request)
    const bytes = await Promise.race([answer, timeout])
    if (!bytes) throw new Error("couldn't get SNTP reply: i/o timeout")
    return parseAnswer(bytes, request, sentMs / 1000, clock.now() / 1000)
  } finally {
    ended.abort()
    socket.close()
  }
}

function parseAnswer(bytes: Buffer, request: Buffer, sent: number, received: number): NtpAnswer {
  if (bytes.length < PACKET_BYTES) throw new Error("couldn't get SNTP reply: answer is cut")
  if (!bytes.subarray(24, 32).equals(request.subarray(40, 48))) {
    throw new Error("couldn't get SNTP reply: server response mismatch")
  }
  const arrived = readTime(bytes, 32)
  const answered = readTime(bytes, 40)
  return {
    leap: bytes.readUInt8(0) >> 6,
    stratum: bytes.readUInt8(1),
    rootDelay: bytes.readUInt32BE(4) / SHORT_ONE,
    rootDispersion: bytes.readUInt32BE(8) / SHORT_ONE,
    referenceSeconds: readTime(bytes, 16),
    rtt: Math.max(0, received - sent - (answered - arrived)),
    offset: (arrived - sent + (answered - received)) / 2,
    minError: Math.max(0, sent - arrived, answered - received),
  }
}

function readTime(bytes: Buffer, at: number): number {
  const seconds = bytes.readUInt32BE(at)
  return seconds === 0 ? 0 : seconds - SECONDS_1900 + bytes.readUInt32BE(at + 4) / FRACTION_ONE
}

function writeTime(bytes: Buffer, at: number, seconds: number): void {
  const whole = Math.floor(seconds)
  bytes.writeUInt32BE((whole + SECONDS_1900) % FRACTION_ONE, at)
  bytes.writeUInt32BE(Math.floor((seconds - whole) * FRACTION_ONE), at + 4)
}
