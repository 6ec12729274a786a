/** Links and addresses: graphLink, tableLink, stripPort, stripDomain. */

import { define, type FunctionTable } from '../functions/define.ts'
import { escapeQuery } from '../functions/escapes.ts'

/** The path of the expression's graph in the server's UI. */
export function graphLink(expression: string): string {
  return `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=0`
}

/** The path of the expression's table; with the external URL before it, an alert's generatorURL. */
export function tableLink(expression: string): string {
  return `/graph?g0.expr=${escapeQuery(expression)}&g0.tab=1`
}

interface HostPort {
  readonly host: string
  readonly port: string
}

/** As Go's net.SplitHostPort; undefined where that fails. */
function splitHostPort(text: string): HostPort | undefined {
  const bracketed = /^\[([^[\]]*)\]:([^[\]:]*)$/.exec(text)
  if (bracketed) return { host: bracketed[1] as string, port: bracketed[2] as string }
  const plain = /^([^[\]:]*):([^[\]:]*)$/.exec(text)
  return plain ? { host: plain[1] as string, port: plain[2] as string } : undefined
}

function isIp(host: string): boolean {
  const parts = host.split('.')
  const isIpv4 =
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return isIpv4 || (host.includes(':') && /^[0-9a-fA-F:.]+$/.test(host))
}

export function stripDomain(hostPort: string): string {
  const split = splitHostPort(hostPort)
  const host = split?.host ?? hostPort
  if (isIp(host)) return hostPort
  const name = host.split('.')[0] as string
  return split && split.port !== '' ? `${name}:${split.port}` : name
}

export const linkFunctions: FunctionTable = {
  graphLink: define(['string'], graphLink),
  tableLink: define(['string'], tableLink),
  stripPort: define(['string'], (text) => splitHostPort(text)?.host ?? text),
  stripDomain: define(['string'], stripDomain),
  urlQueryEscape: define(['string'], escapeQuery),
}
