/** An HTTP client block as plain data, to cross threads; secrets are inside, so it stays between our threads. */
import { Secret } from '@prom/yaml'
import type { HttpClientConfig } from './client-config.ts'

const SECRET_KEY = '\0secret'

export function toPlainClient(config: HttpClientConfig): unknown {
  return mapValues(config, (value) =>
    value instanceof Secret ? { [SECRET_KEY]: value.reveal() } : undefined,
  )
}

export function fromPlainClient(plain: unknown): HttpClientConfig {
  return mapValues(plain, (value) => {
    const secret = (value as Record<string, unknown>)[SECRET_KEY]
    return typeof secret === 'string' ? new Secret(secret) : undefined
  }) as HttpClientConfig
}

/** A deep copy; objects for which `replace` has an answer are replaced by it. */
function mapValues(value: unknown, replace: (value: object) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const replaced = replace(value)
  if (replaced !== undefined) return replaced
  if (Array.isArray(value)) return value.map((item) => mapValues(item, replace))
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, mapValues(item, replace)]))
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, mapValues(item, replace)]),
  )
}
