/** Numbers as the kernel prints them. What is no number throws NumberError, so that a cut file is never a wrong value. */

export class NumberError extends Error {
  constructor(call: string, text: string) {
    super(`strconv.${call}: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
}

/** A decimal number without sign. */
export function parseUnsigned(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new NumberError('ParseUint', text ?? '')
  return Number(text)
}

/** A decimal number with an optional sign. */
export function parseSigned(text: string | undefined): number {
  if (text === undefined || !/^[-+]?\d+$/.test(text)) throw new NumberError('ParseInt', text ?? '')
  return Number(text)
}

/** A hexadecimal number without prefix. */
export function parseHex(text: string | undefined): number {
  if (text === undefined || !/^[0-9a-fA-F]+$/.test(text))
    throw new NumberError('ParseUint', text ?? '')
  return Number(`0x${text}`)
}

/** A decimal number with fraction and exponent. */
export function parseFloat64(text: string | undefined): number {
  if (text === undefined || !/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) {
    if (text !== undefined && /^[-+]?inf(inity)?$/i.test(text)) {
      return text.startsWith('-') ? -Infinity : Infinity
    }
    if (text !== undefined && /^nan$/i.test(text)) return NaN
    throw new NumberError('ParseFloat', text ?? '')
  }
  return Number(text)
}

/** The number, or undefined if the text is none. */
export function unsignedOrUndefined(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

export function signedOrUndefined(text: string | undefined): number | undefined {
  return text !== undefined && /^[-+]?\d+$/.test(text) ? Number(text) : undefined
}

/** Words between blanks. */
export function words(line: string): string[] {
  const trimmed = line.trim()
  return trimmed === '' ? [] : trimmed.split(/\s+/)
}

/** A name fit for a metric: every run around a character outside [0-9A-Za-z_] becomes one underscore. */
export function metricNamePart(name: string): string {
  return name.replace(/_*[^0-9A-Za-z_]+_*/g, '_')
}
