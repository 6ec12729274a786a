/** JSON texts of labels where the kernel finds them, kept for as long as there is room. */
import type { Labels } from '@prom/labels'
import type { LabelPairs } from '@prom/storage'
import { type AnswerMemory, OVERRUN_BYTES } from './answer-memory.ts'

const encoder = new TextEncoder()
const PAIRS_MAX = 20_000
/** No more of the room than this for one label set. */
const TEXT_BYTES_MAX = 1 << 16

export class LabelTexts {
  readonly #memory: AnswerMemory
  /** What `textScope` of labels must be for their text to be there. */
  #scope = nextScope()
  #at: number
  /** Numbers of pairs in a table with open addressing; 0: free. */
  #pairKeys = new Uint32Array(PAIR_SLOTS)
  #pairCount = 0
  #pairScope: object | undefined
  /** Address and length of the text of each slot of the table. */
  pairPlaces = new Uint32Array(PAIR_SLOTS * 2)

  constructor(memory: AnswerMemory) {
    this.#memory = memory
    this.#at = memory.labelsAt
  }

  /**
   * `"a":"b",` for each pair, at `labels.textAt`, `labels.textBytes` long, until `clear`; false if there is no room for
   * it, or it is too long for any.
   */
  put(labels: Labels): boolean {
    if (labels.textScope === this.#scope) return true
    const text = pairsJson(labels)
    const most = text.length * 3
    if (most > TEXT_BYTES_MAX || this.#at + most + OVERRUN_BYTES > this.#memory.labelsEnd) {
      return false
    }
    const { bytes } = this.#memory
    const start = this.#at
    let at = start
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) {
        const encoded = encoder.encode(text)
        bytes.set(encoded, start)
        at = start + encoded.length
        break
      }
      bytes[at++] = code
    }
    labels.keepText(this.#scope, start, at - start)
    this.#at = at
    return true
  }

  /** Forgets all. What was put before must have been printed. */
  clear(): void {
    this.#scope = nextScope()
    this.#at = this.#memory.labelsAt
    this.#pairKeys.fill(0)
    this.#pairCount = 0
  }

  /** As `put`, for one pair known by its number, not 0: where to find it in `pairPlaces`, -1 if there is no room. */
  putPair(pairs: LabelPairs, pair: number): number {
    const keys = this.#pairKeys
    const mask = keys.length - 1
    let slot = Math.imul(pair >>> 3, 0x9e3779b1) >>> 7
    for (slot &= mask; keys[slot] !== 0; slot = (slot + 1) & mask) {
      if (keys[slot] === pair) return slot * 2
    }
    if (this.#pairCount * 2 >= keys.length) {
      if (keys.length >= PAIR_SLOTS_MAX) return -1
      this.#growPairs()
      return this.putPair(pairs, pair)
    }
    const [name, value] = pairs.text(pair)
    const text = encoder.encode(`${quoteJson(name)}:${quoteJson(value)},`)
    if (text.length > TEXT_BYTES_MAX) return -1
    if (this.#at + text.length + OVERRUN_BYTES > this.#memory.labelsEnd) return -1
    this.#memory.bytes.set(text, this.#at)
    keys[slot] = pair
    this.pairPlaces[slot * 2] = this.#at
    this.pairPlaces[slot * 2 + 1] = text.length
    this.#at += text.length
    this.#pairCount++
    return slot * 2
  }

  /** Pairs that follow are of this scope. */
  enterPairs({ scope }: LabelPairs): void {
    if (scope === this.#pairScope) return
    this.#pairScope = scope
    this.#pairKeys.fill(0)
    this.#pairCount = 0
  }

  #growPairs(): void {
    const { pairPlaces: places } = this
    const keys = this.#pairKeys
    this.#pairKeys = new Uint32Array(keys.length * 2)
    this.pairPlaces = new Uint32Array(keys.length * 4)
    const mask = this.#pairKeys.length - 1
    for (let i = 0; i < keys.length; i++) {
      if (keys[i] === 0) continue
      let slot = (Math.imul(keys[i]! >>> 3, 0x9e3779b1) >>> 7) & mask
      while (this.#pairKeys[slot] !== 0) slot = (slot + 1) & mask
      this.#pairKeys[slot] = keys[i]!
      this.pairPlaces[slot * 2] = places[i * 2]!
      this.pairPlaces[slot * 2 + 1] = places[i * 2 + 1]!
    }
  }
}

const PAIR_SLOTS = 1 << 12
const PAIR_SLOTS_MAX = 1 << 19

let scopes = 0
function nextScope(): number {
  scopes = (scopes + 1) & 0x3fffffff || 1
  return scopes
}

const ESCAPED = /[<>&\u2028\u2029]/g

/** A JSON string as Go's encoder writes it. */
export function quoteJson(text: string): string {
  return asGo(JSON.stringify(text))
}

/** A list of strings, so. */
export function quoteJsonList(texts: readonly string[]): string {
  return asGo(JSON.stringify(texts))
}

function asGo(json: string): string {
  if (!/[<>&\u2028\u2029\\]/.test(json)) return json
  return json
    .replace(ESCAPED, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\\ud[89a-f][0-9a-f]{2}/g, '\\ufffd')
}

/** JSON of label pairs by value, by name: they come again and again. */
const pairs = new Map<string, Map<string, string>>()
let pairCount = 0

function pairJson(name: string, value: string): string {
  let byValue = pairs.get(name)
  if (!byValue) {
    byValue = new Map()
    pairs.set(name, byValue)
  }
  let pair = byValue.get(value)
  if (pair === undefined) {
    pair = `${quoteJson(name)}:${quoteJson(value)},`
    if (++pairCount > PAIRS_MAX) {
      pairs.clear()
      pairCount = 0
    } else byValue.set(value, pair)
  }
  return pair
}

/** `"a":"b","c":"d",`. */
function pairsJson(labels: Labels): string {
  const flat = labels.flat()
  let text = ''
  for (let i = 0; i < flat.length; i += 2)
    text += pairJson(flat[i] as string, flat[i + 1] as string)
  return text
}

/** `{"a":"b"}`. */
export function labelsJson(labels: Labels): string {
  const text = pairsJson(labels)
  return text === '' ? '{}' : `{${text.slice(0, -1)}}`
}
