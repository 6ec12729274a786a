/** `http_headers`: extra headers of every request, from plain values, secrets and files. */
import { quoteGo } from '@prom/model'
import { field, type Infer, list, map, path, type Schema, secret, string, struct } from '@prom/yaml'

const header = struct('config.Header', {
  values: field('values', list(string)),
  secrets: field('secrets', list(secret)),
  files: field('files', list(path)),
})

const RESERVED = new Set([
  'Accept-Encoding',
  'Authorization',
  'Connection',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'Host',
  'Keep-Alive',
  'Proxy-Authenticate',
  'Proxy-Authorization',
  'User-Agent',
  'Www-Authenticate',
  'X-Amz-Content-Sha256',
  'X-Amz-Date',
  'X-Amz-Security-Token',
  'X-Prometheus-Remote-Read-Version',
  'X-Prometheus-Remote-Write-Version',
  'X-Prometheus-Scrape-Timeout-Seconds',
])

/** Headers by name, whatever the name. */
export const anyHttpHeaders = map(header, 'map[string]config.Header')

export const httpHeaders: Schema<ReadonlyMap<string, Infer<typeof header>>> = {
  ...anyHttpHeaders,
  typeName: 'config.Headers',
  decode(node, scope) {
    const value = anyHttpHeaders.decode(node, scope)
    for (const name of value.keys()) {
      const canonical = canonicalHeader(name)
      if (RESERVED.has(canonical)) {
        scope.fail(node.line, `setting header ${quoteGo(canonical)} is not allowed`)
      }
    }
    return value
  },
}

/** `x-amz-date` as Go writes it, `X-Amz-Date`. */
export function canonicalHeader(name: string): string {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(name)) return name
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (part) => part.toUpperCase())
}
