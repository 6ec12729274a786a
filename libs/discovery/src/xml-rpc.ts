/** XML-RPC, as far as texts, numbers, structs and lists of them go. */
import { childOf, childrenOf, escapeXml, parseXml, type XmlElement } from './xml.ts'

export type RpcValue =
  | string
  | readonly RpcValue[]
  | { readonly members: ReadonlyMap<string, RpcValue> }

/** The body of a call with texts and lists of whole numbers. */
export function callBody(method: string, values: readonly (string | readonly number[])[]): string {
  const params = values.map((value) => `<param><value>${encode(value)}</value></param>`).join('')
  return `<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>${escapeXml(method)}</methodName><params>${params}</params></methodCall>`
}

function encode(value: string | readonly number[]): string {
  if (typeof value === 'string') return `<string>${escapeXml(value)}</string>`
  const items = value.map((item) => `<value><int>${item}</int></value>`).join('')
  return `<array><data>${items}</data></array>`
}

/** The value a call returned. Throws an Error for a fault. */
export function callResult(answer: string): RpcValue {
  const root = parseXml(answer)
  const fault = childOf(root, 'fault', 'value')
  if (fault)
    throw new Error(`error: ${JSON.stringify(rpcText(rpcAt(decode(fault), 'faultString')))}`)
  const value = childOf(root, 'params', 'param', 'value')
  return value ? decode(value) : ''
}

function decode(value: XmlElement): RpcValue {
  const [inner] = value.children
  if (!inner) return value.text
  if (inner.name === 'array') return childrenOf(inner, 'value', 'data').map(decode)
  if (inner.name !== 'struct') return inner.text
  const members = inner.children.map((member) => {
    const held = childOf(member, 'value')
    return [childOf(member, 'name')?.text ?? '', held ? decode(held) : ''] as const
  })
  return { members: new Map(members) }
}

export function rpcAt(value: RpcValue, name: string): RpcValue {
  return typeof value === 'object' && 'members' in value ? (value.members.get(name) ?? '') : ''
}

export function rpcText(value: RpcValue): string {
  return typeof value === 'string' ? value : ''
}

export function rpcList(value: RpcValue): readonly RpcValue[] {
  return Array.isArray(value) ? value : []
}
