/** Which proxy a request goes through: `proxy_url` and `no_proxy`, or the environment as Go reads it. */
import { BlockList, isIP } from 'node:net'

export interface ProxyRules {
  readonly proxyUrl: string
  readonly noProxy: string
  readonly fromEnvironment: boolean
}

/** The proxy for `url`, or undefined for none. Throws an Error if its own URL is bad. */
export function proxyFor(
  url: URL,
  rules: ProxyRules,
  env: Readonly<Record<string, string | undefined>>,
): URL | undefined {
  const read = (name: string) => env[name] ?? env[name.toLowerCase()] ?? ''
  const text = rules.fromEnvironment
    ? read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')
    : rules.proxyUrl
  const noProxy = rules.fromEnvironment ? read('NO_PROXY') : rules.noProxy
  if (text === '') return undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // Compat: the environment's proxies never apply to this machine.
  if (rules.fromEnvironment && (host === 'localhost' || /^(127\.|::1$)/.test(host)))
    return undefined
  if (isExempt(host, url.port || (url.protocol === 'https:' ? '443' : '80'), noProxy)) {
    return undefined
  }
  return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
}

function isExempt(host: string, port: string, noProxy: string): boolean {
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .filter(Boolean)
    .some((rule) => matches(host.toLowerCase(), port, rule))
}

function matches(host: string, port: string, rule: string): boolean {
  if (rule === '*') return true
  const slash = rule.indexOf('/')
  if (slash > 0) return isInNetwork(host, rule.slice(0, slash), Number(rule.slice(slash + 1)))
  const withPort = /^(.*[^:]|\[.*\]):(\d+)$/.exec(rule)
  const [name, wanted] = withPort ? [withPort[1] as string, withPort[2]] : [rule, undefined]
  if (wanted !== undefined && wanted !== port) return false
  const bare = name.replace(/^\[|\]$/g, '')
  if (isIP(bare)) return bare === host
  if (bare.startsWith('*.') || bare.startsWith('.')) return host.endsWith(bare.replace(/^\*/, ''))
  return host === bare || host.endsWith(`.${bare}`)
}

function isInNetwork(host: string, network: string, bits: number): boolean {
  const family = isIP(host)
  if (family === 0 || family !== isIP(network)) return false
  const list = new BlockList()
  try {
    list.addSubnet(network, bits, family === 6 ? 'ipv6' : 'ipv4')
  } catch {
    return false
  }
  return list.check(host, family === 6 ? 'ipv6' : 'ipv4')
}
