/** XML as some APIs still answer: elements, their text and children. No entities but the five, no DTD. */

export interface XmlElement {
  /** Without a namespace prefix. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** The characters directly inside, trimmed. */
  readonly text: string
  /** The same as written, entities and all. */
  readonly raw: string
}

const DEPTH_MAX = 100
const ENTITIES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
}

interface Open {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: XmlElement[]
  text: string
  raw: string
}

/** The root element. Throws an Error for what is not well-formed. */
export function parseXml(source: string): XmlElement {
  const top: Open = { name: '', attributes: {}, children: [], text: '', raw: '' }
  const open: Open[] = [top]
  let offset = 0
  while (offset < source.length) {
    const inner = open.at(-1) as Open
    const less = source.indexOf('<', offset)
    const end = less < 0 ? source.length : less
    inner.raw += source.slice(offset, end)
    inner.text += decodeText(source.slice(offset, end))
    if (less < 0) break
    offset = readMarkup(source, less, open)
  }
  if (open.length !== 1)
    throw new Error(`XML syntax error: unclosed element <${open.at(-1)?.name}>`)
  const [root] = top.children
  if (!root) throw new Error('EOF')
  return root
}

/** Reads the tag, comment or CDATA at `offset`; returns what follows it. */
function readMarkup(source: string, offset: number, open: Open[]): number {
  const after = (end: string, start: number) => {
    const found = source.indexOf(end, start)
    if (found < 0) throw new Error('XML syntax error: unexpected EOF')
    return found
  }
  if (source.startsWith('<!--', offset)) return after('-->', offset + 4) + 3
  if (source.startsWith('<![CDATA[', offset)) {
    const end = after(']]>', offset + 9)
    ;(open.at(-1) as Open).text += source.slice(offset + 9, end)
    return end + 3
  }
  if (source.startsWith('<?', offset)) return after('?>', offset + 2) + 2
  if (source.startsWith('<!', offset)) return after('>', offset + 2) + 1
  const end = after('>', offset)
  const tag = source.slice(offset + 1, end)
  if (tag.startsWith('/')) {
    const name = localName(tag.slice(1))
    const closed = open.pop() as Open
    if (open.length === 0 || closed.name !== name) {
      throw new Error(`XML syntax error: element <${closed.name}> closed by </${name}>`)
    }
    ;(open.at(-1) as Open).children.push({ ...closed, text: closed.text.trim() })
    return end + 1
  }
  const name = localName(tag)
  const element: Open = { name, attributes: attributesOf(tag), children: [], text: '', raw: '' }
  if (tag.endsWith('/')) (open.at(-1) as Open).children.push(element)
  else open.push(element)
  if (open.length > DEPTH_MAX) throw new Error('XML nested too deeply')
  return end + 1
}

function localName(tag: string): string {
  const name = /^[^\s/]+/.exec(tag)?.[0] ?? ''
  if (name === '') throw new Error('XML syntax error: expected element name after <')
  return name.slice(name.indexOf(':') + 1)
}

function attributesOf(tag: string): Record<string, string> {
  const found = tag.matchAll(/\s([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)
  return Object.fromEntries(
    [...found].map(([, name, double, single]) => [name, decodeText(double ?? single ?? '')]),
  )
}

function decodeText(text: string): string {
  return text.replace(/&(#x[0-9a-fA-F]+|#\d+|\w+);/g, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES[name] ?? whole
    const code = name[1] === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
    return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
  })
}

export function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/** The first element at the end of `path`. */
export function childOf(
  element: XmlElement | undefined,
  ...path: readonly string[]
): XmlElement | undefined {
  let found = element
  for (const name of path) found = found?.children.find((child) => child.name === name)
  return found
}

/** Its text, empty if there is none. */
export function textOf(element: XmlElement | undefined, ...path: readonly string[]): string {
  return childOf(element, ...path)?.text ?? ''
}

/** The children named `name` of the element at the end of `path`. */
export function childrenOf(
  element: XmlElement | undefined,
  name: string,
  ...path: readonly string[]
): XmlElement[] {
  return (childOf(element, ...path)?.children ?? []).filter((child) => child.name === name)
}
