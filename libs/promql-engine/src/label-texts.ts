/** JSON texts of labels where the kernel finds them, kept for as long as there is room. */
import type { Labels } from '@prom/labels'
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

  /** Forgets all. What `put` gave before must have been printed. */
  clear(): void {
    this.#scope = nextScope()
    this.#at = this.#memory.labelsAt
  }
}

let scopes = 0
function nextScope(): number {
  scopes = (scopes + 1) & 0x3fffffff || 1
  return scopes
}

const ESCAPED = /[<>&\u2028\u2029]/g

/** A JSON string as Go's encoder writes it. */
export function quoteJson(text: string): string {
  const json = JSON.stringify(text)
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
