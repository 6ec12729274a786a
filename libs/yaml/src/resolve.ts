/** What an unquoted word is to Go's yaml: v2 takes YAML 1.1 booleans, v3 only as a second guess. */
import { parseFloatGo } from '@prom/model'
import type { ScalarNode } from './node.ts'

/** The two Go libraries: v2 reads configuration, v3 reads rule files. */
export type Flavour = 'v2' | 'v3'

export type Resolved =
  | { readonly tag: '!!null' }
  | { readonly tag: '!!bool'; readonly value: boolean }
  | { readonly tag: '!!int'; readonly value: number; readonly exact: bigint }
  | { readonly tag: '!!float'; readonly value: number }
  | { readonly tag: '!!str' | '!!timestamp' | '!!merge' | '!!binary'; readonly text: string }
  | { readonly tag: 'other'; readonly name: string }

const NULLS = new Set(['', '~', 'null', 'Null', 'NULL'])
const TRUES = new Set(['true', 'True', 'TRUE'])
const FALSES = new Set(['false', 'False', 'FALSE'])
const OLD_TRUES = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'on', 'On', 'ON'])
const OLD_FALSES = new Set(['n', 'N', 'no', 'No', 'NO', 'off', 'Off', 'OFF'])
const INFINITIES = new Set(['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'])
const NEGATIVE_INFINITIES = new Set(['-.inf', '-.Inf', '-.INF'])
const NANS = new Set(['.nan', '.NaN', '.NAN'])

const timestampPattern = /^\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?.*)?$/
const floatPattern = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/

/** Resolves a scalar node; quoted ones are strings whatever they say. */
export function resolveScalar(node: ScalarNode, flavour: Flavour): Resolved {
  if (node.tag === '' && !node.isPlain) return { tag: '!!str', text: node.text }
  switch (node.tag) {
    case '':
      return resolvePlain(node.text, flavour)
    case '!!str':
      return { tag: '!!str', text: node.text }
    case '!!binary':
      return { tag: '!!binary', text: node.text }
    case '!!int':
    case '!!bool':
    case '!!null':
    case '!!timestamp':
      return resolvePlain(node.text, flavour)
    case '!!float': {
      const plain = resolvePlain(node.text, flavour)
      return plain.tag === '!!int' ? { tag: '!!float', value: plain.value } : plain
    }
    default:
      return { tag: 'other', name: node.tag }
  }
}

/** Resolves unquoted text without a tag. */
export function resolvePlain(text: string, flavour: Flavour): Resolved {
  if (NULLS.has(text)) return { tag: '!!null' }
  const first = text.charCodeAt(0)
  const isLetter = first >= 0x41 && first !== 0x5f
  if (isLetter || text === '<<') {
    if (TRUES.has(text)) return { tag: '!!bool', value: true }
    if (FALSES.has(text)) return { tag: '!!bool', value: false }
    if (flavour === 'v2' && OLD_TRUES.has(text)) return { tag: '!!bool', value: true }
    if (flavour === 'v2' && OLD_FALSES.has(text)) return { tag: '!!bool', value: false }
    if (text === '<<') return { tag: '!!merge', text }
    return { tag: '!!str', text }
  }
  return resolveNumber(text) ?? { tag: '!!str', text }
}

/** Whether v3 takes this string as a boolean where a boolean is wanted. */
export function oldBoolean(text: string): boolean | undefined {
  if (OLD_TRUES.has(text)) return true
  return OLD_FALSES.has(text) ? false : undefined
}

function resolveNumber(text: string): Resolved | undefined {
  if (INFINITIES.has(text)) return { tag: '!!float', value: Infinity }
  if (NEGATIVE_INFINITIES.has(text)) return { tag: '!!float', value: -Infinity }
  if (NANS.has(text)) return { tag: '!!float', value: Number.NaN }
  if (!/^[-+.\d]/.test(text)) return undefined
  if (text[0] === '.') {
    const value = floatPattern.test(text) ? parseFloatGo(text) : undefined
    return value === undefined ? undefined : { tag: '!!float', value }
  }
  if (timestampPattern.test(text)) return { tag: '!!timestamp', text }
  const plain = text.replaceAll('_', '')
  const exact = parseInteger(plain)
  if (exact !== undefined) return { tag: '!!int', value: Number(exact), exact }
  const value = floatPattern.test(plain) ? parseFloatGo(plain) : undefined
  return value === undefined ? undefined : { tag: '!!float', value }
}

/** Go's ParseInt with base 0, up to 64 bits: 0x, 0o, 0b and a leading zero for octal. */
function parseInteger(text: string): bigint | undefined {
  const match =
    /^([-+]?)(?:(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+)|0([0-7]+)|(0|[1-9]\d*))$/.exec(text)
  if (!match || text.length > 70) return undefined
  const [, sign, based, octal, decimal] = match
  const size = BigInt(based ?? (octal === undefined ? decimal! : `0o${octal}`))
  if (sign === '-') return size <= 1n << 63n ? -size : undefined
  return size < 1n << 64n ? size : undefined
}
