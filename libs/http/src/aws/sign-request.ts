/** Signature Version 4: how requests to AWS prove who sent them. */
import { createHash, createHmac } from 'node:crypto'

export interface AwsKeys {
  readonly accessKey: string
  readonly secretKey: string
  readonly sessionToken?: string
}

export interface RequestToSign {
  readonly method: string
  readonly url: string
  /** Those to be signed and sent, `host` and the date aside. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body: Uint8Array | string
  readonly region: string
  readonly service: string
  readonly atMs: number
}

/** The headers to send: the request's own, date, token and signature, with lower-case names. */
export function signAwsRequest(request: RequestToSign, keys: AwsKeys): Record<string, string> {
  const { method, url: text, headers = {}, body, region, service, atMs } = request
  const url = new URL(text)
  const time = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const sent: Record<string, string> = {
    ...Object.fromEntries(Object.entries(headers).map(([name, one]) => [name.toLowerCase(), one])),
    'x-amz-date': time,
    ...(keys.sessionToken ? { 'x-amz-security-token': keys.sessionToken } : {}),
  }
  const all: Record<string, string> = { ...sent, host: url.host }
  const names = Object.keys(all).sort()
  const signed = names.join(';')
  const canonical = [
    method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...names.map((name) => `${name}:${all[name]?.trim().replace(/\s+/g, ' ')}`),
    '',
    signed,
    sha256(body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${keys.secretKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  const credential = `${keys.accessKey}/${scope}`
  sent.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`
  return sent
}

/** Path segments are encoded twice, as all services but S3 want it. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/') || '/'
}

function canonicalQuery(params: URLSearchParams): string {
  return [...params]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function sha256(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
