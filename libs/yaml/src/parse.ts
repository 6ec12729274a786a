/** YAML text to nodes with lines, over js-yaml's events: anchors and aliases are resolved here, with limits. */
import {
  type AliasEvent,
  EVENT_ID,
  type Event,
  getScalarValue,
  type MappingEvent,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml'
import { ConfigError, YamlSyntaxError } from './errors.ts'
import type { ConfigNode, MapEntry } from './node.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { readEvents } from './read-events.ts'

/** Configuration files larger than this are refused. */
const TEXT_MAX = 256 * 1024 * 1024

/** The first document of `text`; undefined when there is none. Throws YamlSyntaxError, and ConfigError for aliases. */
export function parseYaml(text: string): ConfigNode | undefined {
  if (text.length > TEXT_MAX) throw new YamlSyntaxError(0, 'file is too large')
  return readPlainYaml(text) ?? parseAnyYaml(text)
}

/** As `parseYaml`, whatever the text is. */
export function parseAnyYaml(text: string): ConfigNode | undefined {
  return new Builder(text).build()
}

class Builder {
  readonly #text: string
  readonly #lineStarts: Uint32Array
  readonly #anchors = new Map<string, ConfigNode | undefined>()
  readonly #sizes = new Map<ConfigNode, number>()
  readonly #events: readonly Event[]
  readonly #shifts: ReadonlyMap<number, number>
  #at = 0
  #end = 0
  #aliased = 0

  constructor(original: string) {
    const { events, text, shifts } = readEvents(original)
    this.#events = events
    this.#text = text
    this.#shifts = shifts
    this.#lineStarts = lineStartsOf(text)
  }

  build(): ConfigNode | undefined {
    const first = this.#events[0]
    if (first?.type !== EVENT_ID.DOCUMENT) return undefined
    this.#at = 1
    if (this.#events[1] === undefined || this.#events[1].type === EVENT_ID.POP) return undefined
    const root = this.#node()
    checkAliasing(this.#sizes.get(root) ?? 1, this.#aliased)
    return root
  }

  #node(): ConfigNode {
    const event = this.#events[this.#at++]!
    switch (event.type) {
      case EVENT_ID.ALIAS:
        return this.#alias(event)
      case EVENT_ID.SEQUENCE:
        return this.#list(event)
      case EVENT_ID.MAPPING:
        return this.#map(event)
      case EVENT_ID.SCALAR:
        return this.#scalar(event)
      default:
        throw new YamlSyntaxError(0, 'unexpected end of document')
    }
  }

  #scalar(event: ScalarEvent): ConfigNode {
    const isPlain = event.style === SCALAR_STYLE.PLAIN
    const text = event.valueStart < 0 ? '' : getScalarValue(this.#text, event)
    const tag = this.#tag(event)
    const isNull = isPlain && tag === '' && (text === '' || text === '~' || text === 'null')
    const place = this.#place(this.#scalarStart(event))
    if (event.valueEnd > this.#end) this.#end = event.valueEnd
    const kind = isNull || tag === '!!null' ? 'null' : 'scalar'
    const node: ConfigNode = { kind, text, isPlain, tag, ...place }
    this.#anchor(event, node)
    return node
  }

  /** Where the scalar is first seen: its anchor or tag, its quote, its `|`; after the last one when it is empty. */
  #scalarStart({ valueStart, style, anchorStart, tagStart }: ScalarEvent): number {
    if (anchorStart >= 0)
      return tagStart >= 0 ? Math.min(anchorStart - 1, tagStart) : anchorStart - 1
    if (tagStart >= 0) return tagStart
    if (valueStart < 0) return this.#text[this.#end] === ':' ? this.#end + 1 : this.#end
    if (style === SCALAR_STYLE.PLAIN) return valueStart
    if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) {
      return valueStart - 1
    }
    const lineEnd = this.#text.lastIndexOf('\n', valueStart - 1)
    const lineStart = this.#text.lastIndexOf('\n', lineEnd - 1) + 1
    const header = /[|>][-+\d]*[ \t]*(?:#.*)?\r?$/.exec(this.#text.slice(lineStart, lineEnd))
    return header ? lineStart + header.index : valueStart
  }

  #list(event: SequenceEvent): ConfigNode {
    const anchor = this.#anchor(event, undefined)
    this.#end = Math.max(this.#end, event.start)
    const items: ConfigNode[] = []
    let size = 1
    while (this.#events[this.#at]!.type !== EVENT_ID.POP) {
      this.#skipToDash(this.#events[this.#at]!)
      const item = this.#node()
      items.push(item)
      size += this.#sizes.get(item) ?? 1
    }
    this.#at++
    const node: ConfigNode = {
      kind: 'list',
      tag: this.#tag(event),
      items,
      ...this.#place(event.start),
    }
    this.#sizes.set(node, size)
    if (anchor !== undefined) this.#anchors.set(anchor, node)
    return node
  }

  /** An empty element has no place of its own but that of its dash. */
  #skipToDash(event: Event): void {
    if (event.type !== EVENT_ID.SCALAR || event.valueStart >= 0) return
    const dash = /^(?:[^-#]|#[^\n]*)*-/.exec(this.#text.slice(this.#end, this.#end + 4096))
    if (dash) this.#end += dash[0].length
  }

  #map(event: MappingEvent): ConfigNode {
    const anchor = this.#anchor(event, undefined)
    this.#end = Math.max(this.#end, event.start)
    const entries: MapEntry[] = []
    let size = 1
    while (this.#events[this.#at]!.type !== EVENT_ID.POP) {
      const key = this.#node()
      const value = this.#node()
      entries.push({ key, value })
      size += (this.#sizes.get(key) ?? 1) + (this.#sizes.get(value) ?? 1)
    }
    this.#at++
    const node: ConfigNode = {
      kind: 'map',
      tag: this.#tag(event),
      entries,
      ...this.#place(event.start),
    }
    this.#sizes.set(node, size)
    if (anchor !== undefined) this.#anchors.set(anchor, node)
    return node
  }

  #alias({ anchorStart, anchorEnd }: AliasEvent): ConfigNode {
    const name = this.#text.slice(anchorStart, anchorEnd)
    const refuse = (text: string): never => {
      throw new ConfigError(this.#place(anchorStart).line, `yaml: ${text}`)
    }
    if (!this.#anchors.has(name)) return refuse(`unknown anchor '${name}' referenced`)
    const node = this.#anchors.get(name)
    if (node === undefined) return refuse(`anchor '${name}' value contains itself`)
    this.#aliased += this.#sizes.get(node) ?? 1
    return node
  }

  /** Registers an anchor; with no node yet, an alias to it is a cycle. */
  #anchor(
    event: { readonly anchorStart: number; readonly anchorEnd: number },
    node: ConfigNode | undefined,
  ): string | undefined {
    if (event.anchorStart < 0) return undefined
    const name = this.#text.slice(event.anchorStart, event.anchorEnd)
    this.#anchors.set(name, node)
    return name
  }

  #tag(event: { readonly tagStart: number; readonly tagEnd: number }): string {
    if (event.tagStart < 0) return ''
    const raw = this.#text.slice(event.tagStart, event.tagEnd)
    const long = /^!<tag:yaml\.org,2002:(.*)>$/.exec(raw)
    if (raw === '!') return '!!str'
    return long ? `!!${long[1]}` : raw
  }

  #place(offset: number): { readonly line: number; readonly column: number } {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#lineStarts[middle]! <= offset) low = middle
      else high = middle - 1
    }
    const shift = this.#shifts.get(low) ?? 0
    return { line: low + 1, column: offset - this.#lineStarts[low]! - shift + 1 }
  }
}

/** A few lines may expand to billions of nodes; the same measure as the original's. */
function checkAliasing(expanded: number, aliased: number): void {
  if (aliased <= 100 || expanded <= 1000) return
  const steps = (expanded - 400_000) / 3_600_000
  const allowed = Math.min(0.99, Math.max(0.1, 0.99 - 0.89 * steps))
  if (!Number.isFinite(expanded) || aliased / expanded > allowed) {
    throw new YamlSyntaxError(0, 'document contains excessive aliasing')
  }
}

function lineStartsOf(text: string): Uint32Array {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return Uint32Array.from(starts)
}
