/** AWS Signature Version 4 for remote write: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html */
import { createHash, createHmac } from 'node:crypto'

export interface Sigv4Input {
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  readonly url: string
  readonly body: Uint8Array
  readonly atMs: number
}

/** The headers that sign a POST for the service `aps`. */
export function signSigv4(input: Sigv4Input): Record<string, string> {
  const { region, accessKey, secretKey, url, body, atMs } = input
  const { host, pathname, searchParams } = new URL(url)
  const at = new Date(atMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = at.slice(0, 8)
  const query = [...searchParams]
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
    .join('&')
  const bodyHash = createHash('sha256').update(body).digest('hex')
  const canonical = [
    'POST',
    pathname.split('/').map(encodeURIComponent).join('/'),
    query,
    `host:${host}`,
    `x-amz-date:${at}`,
    '',
    'host;x-amz-date',
    bodyHash,
  ].join('\n')
  const scope = `${day}/${region}/aps/aws4_request`
  const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')]
  let key: Buffer = hmac(`AWS4${secretKey}`, day)
  for (const part of [region, 'aps', 'aws4_request']) key = hmac(key, part)
  const signature = hmac(key, text.join('\n')).toString('hex')
  return {
    'X-Amz-Date': at,
    Authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
