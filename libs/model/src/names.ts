/** Which metric and label names are valid, and how names are escaped for readers that know less. */

export type NameScheme = 'legacy' | 'utf8'
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values'

/** `[a-zA-Z_:][a-zA-Z0-9_:]*`, or with utf8 any non-empty valid string. */
export function isValidMetricName(name: string, scheme: NameScheme = 'utf8'): boolean {
  return scheme === 'utf8' ? name !== '' && isWellFormed(name) : /^[a-zA-Z_:][\w:]*$/.test(name)
}

/** `[a-zA-Z_][a-zA-Z0-9_]*`, or with utf8 any non-empty valid string. */
export function isValidLabelName(name: string, scheme: NameScheme = 'utf8'): boolean {
  return scheme === 'utf8' ? name !== '' && isWellFormed(name) : /^[a-zA-Z_]\w*$/.test(name)
}

/** A label value may be any valid string. */
export const isValidLabelValue = (value: string): boolean => isWellFormed(value)

/** Escapes a metric or label name; what is valid in the legacy scheme already stays (except `_` in dots). */
export function escapeName(name: string, scheme: EscapingScheme): string {
  if (name === '' || scheme === 'allow-utf-8') return name
  if (scheme === 'dots') return escapeDots(name)
  if (isValidMetricName(name, 'legacy')) return name
  if (scheme === 'underscores') return replaceChars(name, () => '_')
  return `U__${replaceChars(name.replaceAll('_', '__'), hexOf)}`
}

/** As a scrape prints a name: `dots` would change every underscore, so plain names are left alone, as the original does. */
export function exposeName(name: string, scheme: EscapingScheme): string {
  return isValidMetricName(name, 'legacy') ? name : escapeName(name, scheme)
}

/** Turns `U__` names (and dots names) back; what is no escaped form stays as it is. */
export function unescapeName(name: string, scheme: EscapingScheme): string {
  if (scheme === 'dots') {
    return name.replaceAll('_dot_', '\u0000').replaceAll('__', '_').replaceAll('\u0000', '.')
  }
  if (scheme !== 'values' || !name.startsWith('U__')) return name
  let text = ''
  for (let at = 3; at < name.length; ) {
    if (name[at] !== '_') {
      text += name[at++]
    } else if (name[at + 1] === '_') {
      text += '_'
      at += 2
    } else {
      const match = /^_([0-9a-fA-F]{1,6})_/.exec(name.slice(at, at + 8))
      const code = match ? Number.parseInt(match[1]!, 16) : -1
      if (!match || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return name
      text += String.fromCodePoint(code)
      at += match[0].length
    }
  }
  return text
}

function escapeDots(name: string): string {
  let text = ''
  let isFirst = true
  for (const char of name) {
    if (char === '_') text += '__'
    else if (char === '.') text += '_dot_'
    else text += isLegacyChar(char, isFirst) ? char : '__'
    isFirst = false
  }
  return text
}

function replaceChars(name: string, replace: (char: string) => string): string {
  let text = ''
  let isFirst = true
  for (const char of name) {
    text += isLegacyChar(char, isFirst) ? char : replace(char)
    isFirst = false
  }
  return text
}

const isLegacyChar = (char: string, isFirst: boolean) =>
  /^[a-zA-Z_:]$/.test(char) || (!isFirst && /^\d$/.test(char))

function hexOf(char: string): string {
  return isWellFormed(char) ? `_${char.codePointAt(0)!.toString(16)}_` : '_FFFD_'
}

/** No half of a surrogate pair stands alone. */
const isWellFormed = (text: string) => !/[\ud800-\udfff]/u.test(text)
