/**
 * Prints values as Go's yaml.v2 marshals them: two spaces, lists on the level of their key, quotes only where the
 * text would read back as something else, long lines folded at 80 columns.
 */
import { analyzeScalar } from './analyze-scalar.ts'
import { isFlow } from './flow.ts'
import { resolvePlain } from './resolve.ts'
import type { Encoded } from './schema.ts'

const WIDTH = 80
const KEY_LENGTH_MAX = 128

export function encodeYaml(value: Encoded): string {
  const printer = new Printer()
  printer.node(value, 0, false)
  return printer.text()
}

class Printer {
  #out = ''
  #column = 0

  text(): string {
    return `${this.#out}\n`
  }

  /** Prints `value` where the pen is; `isAfterKey`: behind `key:`. Ends without a newline. */
  node(value: Encoded, indent: number, isAfterKey: boolean): void {
    if (Array.isArray(value)) this.#list(value as readonly Encoded[], indent, isAfterKey)
    else if (value !== null && typeof value === 'object') {
      this.#map(value as { readonly [key: string]: Encoded }, indent, isAfterKey)
    } else {
      if (isAfterKey) this.#write(' ')
      this.#scalar(value as string | number | boolean | null, indent, false)
    }
  }

  #list(items: readonly Encoded[], indent: number, isAfterKey: boolean): void {
    if (items.length === 0) {
      this.#write(isAfterKey ? ' []' : '[]')
      return
    }
    if (isFlow(items)) {
      this.#flow(items, isAfterKey ? indent - 2 : indent, isAfterKey)
      return
    }
    // Behind a key the dashes stand below the key itself.
    const own = isAfterKey ? indent - 2 : indent
    items.forEach((item, index) => {
      if (index > 0 || isAfterKey) this.#newline(own)
      this.#write('- ')
      this.node(item, own + 2, false)
    })
  }

  #flow(items: readonly Encoded[], indent: number, isAfterKey: boolean): void {
    this.#write(isAfterKey ? ' [' : '[')
    items.forEach((item, index) => {
      if (index > 0) this.#write(',')
      if (this.#column > WIDTH) this.#newline(indent + 4)
      else if (index > 0) this.#write(' ')
      const isLoose = typeof item === 'string' && /[,?[\]{}:]/.test(item) && !item.includes('\n')
      if (isLoose && !isBase60(item) && analyzeScalar(item).isPlainAllowed)
        this.#write(`'${item.replaceAll("'", "''")}'`)
      else this.node(item, indent + 4, false)
    })
    this.#write(']')
  }

  #map(map: { readonly [key: string]: Encoded }, indent: number, isAfterKey: boolean): void {
    const entries = Object.entries(map)
    if (entries.length === 0) {
      this.#write(isAfterKey ? ' {}' : '{}')
      return
    }
    entries.forEach(([key, value], index) => {
      if (index > 0 || isAfterKey) this.#newline(indent)
      if (key.length > KEY_LENGTH_MAX || key.includes('\n')) {
        this.#write('? ')
        this.#scalar(key, indent + 2, false)
        this.#newline(indent)
        this.#write(':')
      } else {
        this.#scalar(key, indent, true)
        this.#write(':')
      }
      this.node(value, indent + 2, true)
    })
  }

  #scalar(value: string | number | boolean | null, indent: number, isKey: boolean): void {
    if (value === null) {
      this.#write('null')
      return
    }
    if (typeof value === 'boolean') {
      this.#write(value ? 'true' : 'false')
      return
    }
    if (typeof value === 'number') {
      this.#write(printNumber(value))
      return
    }
    this.#string(value, indent, isKey)
  }

  #string(text: string, indent: number, isKey: boolean): void {
    const shape = analyzeScalar(text)
    const isPlain = resolvePlain(text, 'v2').tag === '!!str' && !isBase60(text)
    if (text.includes('\n')) {
      if (shape.isBlockAllowed && !isKey) {
        this.#literal(text, indent)
        return
      }
      this.#double(text, indent, isKey)
      return
    }
    if (!isPlain) {
      this.#double(text, indent, isKey)
      return
    }
    if (shape.isPlainAllowed) {
      this.#folded(text, indent, isKey, text)
      return
    }
    if (!shape.isSingleAllowed) {
      this.#double(text, indent, isKey)
      return
    }
    this.#folded(`'${text.replaceAll("'", "''")}'`, indent, isKey, text)
  }

  /** Plain and single-quoted text: past the width a single space between words becomes a line break. */
  #folded(shown: string, indent: number, isKey: boolean, text: string): void {
    if (isKey || this.#column + shown.length <= WIDTH || !text.includes(' ')) {
      this.#write(shown)
      return
    }
    let isAfterSpace = false
    for (let at = 0; at < shown.length; at++) {
      const char = shown[at]!
      const isInner = at > 0 && at < shown.length - 1
      if (char !== ' ') {
        this.#write(char)
        isAfterSpace = false
        continue
      }
      if (!isAfterSpace && this.#column > WIDTH && isInner && shown[at + 1] !== ' ') {
        this.#newline(indent)
      } else this.#write(' ')
      isAfterSpace = true
    }
  }

  #double(text: string, indent: number, isKey: boolean): void {
    const chars = [...text]
    this.#write('"')
    let isAfterSpace = false
    chars.forEach((char, at) => {
      const isInner = at > 0 && at < chars.length - 1
      if (char === ' ' && !isKey && !isAfterSpace && this.#column > WIDTH && isInner) {
        this.#newline(indent)
        if (chars[at + 1] === ' ') this.#write('\\')
        isAfterSpace = true
        return
      }
      isAfterSpace = char === ' '
      this.#write(escapeDouble(char))
    })
    this.#write('"')
  }

  #literal(text: string, indent: number): void {
    const needsHint = text[0] === ' ' || text[0] === '\n'
    let chomp = ''
    if (!text.endsWith('\n')) chomp = '-'
    else if (text.endsWith('\n\n') || text === '\n') chomp = '+'
    this.#write(`|${needsHint ? '2' : ''}${chomp}`)
    const lines = text.split('\n')
    if (text.endsWith('\n')) lines.pop()
    const margin = Math.max(indent, 2)
    for (const line of lines) {
      if (line === '') {
        this.#out += '\n'
        this.#column = 0
      } else {
        this.#newline(margin)
        this.#write(line)
      }
    }
  }

  #write(text: string): void {
    this.#out += text
    this.#column += text.length
  }

  #newline(indent: number): void {
    this.#out += `\n${' '.repeat(indent)}`
    this.#column = indent
  }
}

function printNumber(value: number): string {
  if (Number.isNaN(value)) return '.nan'
  if (value === Infinity) return '.inf'
  if (value === -Infinity) return '-.inf'
  return String(value)
}

/** `1:30` was a number in YAML 1.1; it is quoted so that old readers agree. */
const isBase60 = (text: string) => /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/.test(text)

const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
}

function escapeDouble(char: string): string {
  const named = ESCAPES[char]
  if (named !== undefined && char !== '\xa0') return named
  const code = char.codePointAt(0)!
  const isPrintable =
    (code >= 0x20 && code <= 0x7e) ||
    (code >= 0xa0 && code <= 0xd7ff) ||
    (code >= 0xe000 && code <= 0xfffd && code !== 0xfeff)
  if (isPrintable) return char
  const hex = code.toString(16).toUpperCase()
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}
