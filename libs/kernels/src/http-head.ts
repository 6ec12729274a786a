/** What `readHttpHead` puts out, u32 each; assembly/http-head.ts says what is plain. */
export const HTTP_HEAD = {
  /** Bytes of the body, or `HTTP_HEAD_NO_LENGTH`. */
  bodyLength: 0,
  flags: 4,
  /** Address of the Content-Type's value, 0 if there is none. */
  type: 8,
  typeLength: 12,
  typeHash: 16,
  sizeBytes: 24,
} as const
export const HTTP_HEAD_CHUNKED = 1
export const HTTP_HEAD_GZIP = 2
export const HTTP_HEAD_NO_LENGTH = 0xffffffff

export interface PlainHttpHead {
  readonly length: number
  readonly bodyLength: number
  readonly flags: number
  readonly type: string | undefined
}

/** The plain twin of the kernel: what it finds in a head that starts at the first byte, undefined for its 0. */
export function readPlainHttpHead(bytes: Uint8Array): PlainHttpHead | undefined {
  const text = Buffer.from(bytes).toString('latin1')
  const stop = text.indexOf('\r\n\r\n')
  if (stop < 0) return undefined
  const [status, ...lines] = text.slice(0, stop).split('\r\n') as [string, ...string[]]
  if (!/^HTTP\/1\.1 200(?: [ -~]*)?$/.test(status)) return undefined
  const seen = new Map<string, string>()
  for (const line of lines) {
    const match = /^([A-Za-z0-9_-]+):( *)([ -~]*)$/.exec(line)
    if (!match) return undefined
    const name = (match[1] as string).toLowerCase()
    const value = (match[3] as string).replace(/ +$/, '')
    const rule = RULES[name]
    if (!rule) continue
    if (!rule.test(value)) return undefined
    if (name !== 'connection' && seen.has(name)) return undefined
    seen.set(name, value)
  }
  const bodyLength = seen.get('content-length')
  const isChunked = seen.has('transfer-encoding')
  if (isChunked === (bodyLength !== undefined)) return undefined
  const gzip = seen.has('content-encoding') ? HTTP_HEAD_GZIP : 0
  return {
    length: stop + 4,
    bodyLength: bodyLength === undefined ? HTTP_HEAD_NO_LENGTH : Number(bodyLength),
    flags: (isChunked ? HTTP_HEAD_CHUNKED : 0) | gzip,
    type: seen.get('content-type'),
  }
}

const RULES: Readonly<Record<string, RegExp | undefined>> = {
  'content-length': /^[0-9]{1,9}$/,
  'content-type': /^/,
  'content-encoding': /^gzip$/,
  'transfer-encoding': /^chunked$/,
  connection: /^keep-alive$/i,
}
