/** Go's fmt verbs over template values: what printf, print and println write, with fmt's own error marks. */
import { type FloatForm, printFloat } from '@prom/model'
import { FunctionError } from '../errors.ts'
import {
  asInteger,
  asList,
  asMap,
  asText,
  GoInt,
  GoOpaque,
  GoStruct,
  goType,
  isNil,
  typeName,
  type Value,
} from '../values.ts'
import { quote } from './quote.ts'

const WIDTH_MAX = 1_000_000
const DEPTH_MAX = 50

export interface Flags {
  plus: boolean
  minus: boolean
  sharp: boolean
  space: boolean
  zero: boolean
  width: number | undefined
  precision: number | undefined
  /** What one call may still write; lists may hold the same list over and over. */
  readonly budget: { left: number }
}

/** Characters of one call. */
const PRINTED_MAX = 32 * 1024 * 1024

const newFlags = (budget = { left: PRINTED_MAX }): Flags => ({
  plus: false,
  minus: false,
  sharp: false,
  space: false,
  zero: false,
  width: undefined,
  precision: undefined,
  budget,
})

/** As fmt.Sprint: operands with a space between those of which neither is a string. */
export function sprint(args: readonly Value[]): string {
  const flags = newFlags()
  let out = ''
  args.forEach((arg, i) => {
    if (i > 0 && typeof arg !== 'string' && typeof args[i - 1] !== 'string') out += ' '
    out += formatValue(arg, 'v', flags)
  })
  return out
}

export function sprintln(args: readonly Value[]): string {
  const flags = newFlags()
  return `${args.map((arg) => formatValue(arg, 'v', flags)).join(' ')}\n`
}

/** As fmt.Sprintf. */
export function sprintf(format: string, args: readonly Value[]): string {
  return new Formatter(format, args).run()
}

class Formatter {
  readonly #format: string
  readonly #args: readonly Value[]
  #at = 0
  #arg = 0
  #isReordered = false
  #isBadIndex = false
  readonly #budget = { left: PRINTED_MAX }

  constructor(format: string, args: readonly Value[]) {
    this.#format = format
    this.#args = args
  }

  run(): string {
    let out = ''
    const format = this.#format
    while (this.#at < format.length) {
      const percent = format.indexOf('%', this.#at)
      if (percent < 0) {
        out += format.slice(this.#at)
        break
      }
      out += format.slice(this.#at, percent)
      this.#at = percent + 1
      out += this.#verb()
    }
    if (!this.#isReordered && this.#arg < this.#args.length) {
      const extra = this.#args
        .slice(this.#arg)
        .map((arg) =>
          isNil(arg)
            ? '<nil>'
            : `${typeName(arg)}=${formatValue(arg, 'v', newFlags(this.#budget))}`,
        )
      out += `%!(EXTRA ${extra.join(', ')})`
    }
    return out
  }

  #verb(): string {
    const flags = newFlags(this.#budget)
    this.#isBadIndex = false
    let isAfterIndex = false
    let out = ''
    this.#readFlags(flags)
    isAfterIndex = this.#index()
    if (this.#format[this.#at] === '*') {
      this.#at++
      const width = this.#intArg()
      if (width === undefined) out += '%!(BADWIDTH)'
      else {
        if (width < 0) flags.minus = true
        flags.width = Math.abs(width)
      }
      isAfterIndex = false
    } else {
      const width = this.#digits()
      if (width !== undefined && isAfterIndex) this.#isBadIndex = true
      flags.width = width
    }
    if (this.#format[this.#at] === '.') {
      this.#at++
      if (isAfterIndex) this.#isBadIndex = true
      isAfterIndex = this.#index()
      if (this.#format[this.#at] === '*') {
        this.#at++
        const precision = this.#intArg()
        if (precision === undefined) out += '%!(BADPREC)'
        else if (precision >= 0) flags.precision = precision
        isAfterIndex = false
      } else flags.precision = this.#digits() ?? 0
    }
    if (!isAfterIndex) isAfterIndex = this.#index()
    const code = this.#format.codePointAt(this.#at)
    if (code === undefined) return `${out}%!(NOVERB)`
    const verb = String.fromCodePoint(code)
    this.#at += verb.length
    if (verb === '%') return `${out}%`
    if (this.#isBadIndex) return `${out}%!${verb}(BADINDEX)`
    if (this.#arg >= this.#args.length) return `${out}%!${verb}(MISSING)`
    return out + formatValue(this.#args[this.#arg++], verb, flags)
  }

  #readFlags(flags: Flags): void {
    for (; ; this.#at++) {
      switch (this.#format[this.#at]) {
        case '#':
          flags.sharp = true
          break
        case '0':
          flags.zero = true
          break
        case '+':
          flags.plus = true
          break
        case '-':
          flags.minus = true
          break
        case ' ':
          flags.space = true
          break
        default:
          return
      }
    }
  }

  #digits(): number | undefined {
    const match = /^[0-9]+/.exec(this.#format.slice(this.#at, this.#at + 8))
    if (!match) return undefined
    this.#at += match[0].length
    const value = Number(match[0])
    return value > WIDTH_MAX ? undefined : value
  }

  /** `[n]` before a verb: which argument comes next. */
  #index(): boolean {
    if (this.#format[this.#at] !== '[') return false
    this.#isReordered = true
    const end = this.#format.indexOf(']', this.#at)
    if (end < 0) {
      this.#isBadIndex = true
      this.#at++
      return false
    }
    const text = this.#format.slice(this.#at + 1, end)
    this.#at = end + 1
    const index = /^[0-9]+$/.test(text) ? Number(text) - 1 : -1
    if (index < 0 || index >= this.#args.length) {
      this.#isBadIndex = true
      return true
    }
    this.#arg = index
    return true
  }

  #intArg(): number | undefined {
    const arg = this.#args[this.#arg]
    if (this.#arg < this.#args.length) this.#arg++
    const value = asInteger(arg)
    if (value === undefined || value > WIDTH_MAX || value < -WIDTH_MAX) return undefined
    return Number(value)
  }
}

/** One operand under one verb. */
export function formatValue(value: Value, verb: string, flags: Flags, depth = 0): string {
  const text = formatUnbounded(value, verb, flags, depth)
  flags.budget.left -= depth === 0 ? 1 : text.length + 1
  if (flags.budget.left < 0) throw new FunctionError('value is too large to print')
  return text
}

function formatUnbounded(value: Value, verb: string, flags: Flags, depth: number): string {
  if (isNil(value)) {
    if (depth > 0)
      return verb === 'v' && flags.sharp
        ? 'interface {}(nil)'
        : pad('<nil>', { ...flags, width: undefined })
    if (verb === 'v') return pad('<nil>', flags)
    if (verb === 'T') return pad('<nil>', flags)
    return `%!${verb}(<nil>)`
  }
  if (verb === 'T') return formatString(typeName(value), 's', flags) ?? ''
  if (depth > DEPTH_MAX) return '...'
  const type = goType(value)
  if (type?.print && 'vsxXq'.includes(verb) && !(verb === 'v' && flags.sharp)) {
    return formatString(type.print(value as never), verb, flags) ?? ''
  }
  const text = formatByKind(value, verb, flags, depth)
  return text ?? badVerb(value, verb, flags)
}

function badVerb(value: Value, verb: string, flags: Flags): string {
  const plain = formatValue(value, 'v', { ...flags, sharp: false, plus: false })
  return `%!${verb}(${typeName(value)}=${plain})`
}

function formatByKind(
  value: Value,
  verb: string,
  allFlags: Flags,
  depth: number,
): string | undefined {
  // In %+v the plus asks for field names, not for signs.
  const isSimple = asMap(value) === undefined && asList(value) === undefined
  const hasNoNames = isSimple && !(value instanceof GoStruct)
  const flags = verb === 'v' && hasNoNames ? { ...allFlags, plus: false } : allFlags
  if (typeof value === 'boolean') {
    return verb === 't' || verb === 'v' ? pad(String(value), flags) : undefined
  }
  if (typeof value === 'number') return formatFloating(value, verb, flags)
  const text = asText(value)
  if (text !== undefined) return formatString(text, verb, flags)
  const integer = asInteger(value)
  if (integer !== undefined) {
    const isUnsigned = value instanceof GoInt && value.type.name.startsWith('uint')
    return formatInteger(integer, verb, flags, isUnsigned)
  }
  if (value instanceof GoOpaque) return value.type.print ? undefined : pad('{}', flags)
  return formatComposite(value, verb, flags, depth)
}

function formatComposite(value: Value, verb: string, flags: Flags, depth: number): string {
  const isSource = verb === 'v' && flags.sharp
  const inner = (item: Value) => formatValue(item, verb, flags, depth + 1)
  const list = asList(value)
  if (list) {
    const items = list.items.map(inner)
    return isSource ? `${typeName(value)}{${items.join(', ')}}` : `[${items.join(' ')}]`
  }
  const map = asMap(value)
  if (map) {
    const pairs = map
      .sortedKeys()
      .map((key) => `${formatValue(key, verb, flags)}:${inner(map.entries.get(key))}`)
    return isSource ? `${typeName(value)}{${pairs.join(', ')}}` : `map[${pairs.join(' ')}]`
  }
  const fields = Object.entries((value as GoStruct).fields)
  const withNames = isSource || (verb === 'v' && flags.plus)
  const parts = fields.map(([name, field]) => (withNames ? `${name}:` : '') + inner(field))
  const body = `{${parts.join(isSource ? ', ' : ' ')}}`
  return isSource ? typeName(value) + body : body
}

function formatString(text: string, verb: string, flags: Flags): string | undefined {
  const cut = flags.precision === undefined ? text : cutRunes(text, flags.precision)
  switch (verb) {
    case 'v':
      return pad(flags.sharp ? quote(text) : cut, flags)
    case 's':
      return pad(cut, flags)
    case 'q':
      if (flags.sharp && !/[`\x00-\x08\x0a-\x1f\x7f]/.test(cut)) return pad(`\`${cut}\``, flags)
      return pad(quote(cut, { isAscii: flags.plus }), flags)
    case 'x':
    case 'X':
      return pad(hexText(text, verb, flags), flags)
    default:
      return undefined
  }
}

function cutRunes(text: string, count: number): string {
  return text.length <= count ? text : [...text].slice(0, count).join('')
}

function hexText(text: string, verb: string, flags: Flags): string {
  let bytes = [...new TextEncoder().encode(text)]
  if (flags.precision !== undefined) bytes = bytes.slice(0, flags.precision)
  const prefix = flags.sharp ? (verb === 'X' ? '0X' : '0x') : ''
  const hex = bytes.map((byte) => {
    const two = byte.toString(16).padStart(2, '0')
    return verb === 'X' ? two.toUpperCase() : two
  })
  if (hex.length === 0) return ''
  if (flags.space) return hex.map((two) => prefix + two).join(' ')
  return prefix + hex.join('')
}

function formatInteger(
  value: bigint,
  verb: string,
  flags: Flags,
  isUnsigned: boolean,
): string | undefined {
  const magnitude = value < 0n ? -value : value
  const isNegative = value < 0n
  switch (verb) {
    case 'v':
      if (flags.sharp && isUnsigned) {
        return padNumber(`0x${magnitude.toString(16)}`, isNegative, flags)
      }
      return padNumber(magnitude.toString(), isNegative, flags)
    case 'd':
      return padNumber(magnitude.toString(), isNegative, flags)
    case 'b':
      return padNumber(magnitude.toString(2), isNegative, flags, flags.sharp ? '0b' : '')
    case 'o':
      return padNumber(magnitude.toString(8), isNegative, flags, flags.sharp ? '0' : '')
    case 'O':
      return padNumber(magnitude.toString(8), isNegative, flags, '0o')
    case 'x':
      return padNumber(magnitude.toString(16), isNegative, flags, flags.sharp ? '0x' : '')
    case 'X': {
      const hex = magnitude.toString(16).toUpperCase()
      return padNumber(hex, isNegative, flags, flags.sharp ? '0X' : '')
    }
    case 'c':
      return pad(runeText(value), flags)
    case 'q':
      return pad(quote(runeText(value), { quote: "'", isAscii: flags.plus }), flags)
    case 'U': {
      const hex = magnitude.toString(16).toUpperCase().padStart(4, '0')
      return pad(`U+${hex}${flags.sharp ? ` '${runeText(value)}'` : ''}`, flags)
    }
    default:
      return undefined
  }
}

function runeText(value: bigint): string {
  const isRune = value >= 0n && value <= 0x10ffffn && !(value >= 0xd800n && value < 0xe000n)
  return isRune ? String.fromCodePoint(Number(value)) : '\ufffd'
}

function padNumber(digits: string, isNegative: boolean, flags: Flags, prefix = ''): string {
  let body = digits
  if (flags.precision !== undefined) {
    if (flags.precision === 0 && body === '0') body = ''
    body = body.padStart(flags.precision, '0')
  } else if (flags.zero && !flags.minus && flags.width !== undefined) {
    const hasSign = isNegative || flags.plus || flags.space
    body = body.padStart(flags.width - (hasSign ? 1 : 0), '0')
  }
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : ''
  return pad(sign + prefix + body, { ...flags, zero: false })
}

function formatFloating(value: number, verb: string, flags: Flags): string | undefined {
  let text: string
  switch (verb) {
    case 'v':
      text = printFloat(value, 'g', flags.precision ?? -1)
      break
    case 'g':
    case 'G':
      text = printFloat(value, verb as FloatForm, flags.precision ?? -1)
      break
    case 'e':
    case 'E':
    case 'f':
    case 'F':
      text = printFloat(value, (verb === 'F' ? 'f' : verb) as FloatForm, flags.precision ?? 6)
      break
    default:
      return undefined
  }
  const isNegative = text[0] === '-'
  const body = text.replace(/^[+-]/, '')
  const hasDigits = Number.isFinite(value)
  const hasPlus = flags.plus || text[0] === '+'
  const sign = isNegative ? '-' : flags.plus ? '+' : flags.space ? ' ' : hasPlus ? '+' : ''
  const isZeroPadded = flags.zero && !flags.minus && hasDigits && flags.width !== undefined
  const padded = isZeroPadded ? body.padStart((flags.width as number) - sign.length, '0') : body
  return pad(sign + padded, { ...flags, zero: false })
}

function pad(text: string, flags: Flags): string {
  if (flags.width === undefined) return text
  const missing = flags.width - runeCount(text)
  if (missing <= 0) return text
  if (flags.minus) return text + ' '.repeat(missing)
  return (flags.zero ? '0' : ' ').repeat(missing) + text
}

function runeCount(text: string): number {
  let count = 0
  for (let i = 0; i < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) count++
  }
  return count
}
