/** Numbers and durations as PromQL writes them. */
import { parseDuration } from '@prom/model'

/** Milliseconds of `1h30m`, or a reason in the words of the original. */
export function parseDurationLiteral(text: string): number | { readonly reason: string } {
  const parsed = parseDuration(text)
  return 'ms' in parsed ? parsed.ms : { reason: parsed.error }
}

/** The value of a number token, or a reason in the words of the original. */
export function parseNumberLiteral(text: string): number | { readonly reason: string } {
  const word = text.toLowerCase()
  if (word === 'inf') return Number.POSITIVE_INFINITY
  if (word === 'nan') return Number.NaN
  const plain = word.replaceAll('_', '')
  if (/^0x[0-9a-f]{1,15}$/.test(plain)) return Number(plain)
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8)
  if (!/^(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/.test(plain)) {
    return { reason: `error parsing number: strconv.ParseFloat: parsing "${text}": invalid syntax` }
  }
  const value = Number(plain)
  if (!Number.isFinite(value)) {
    return {
      reason: `error parsing number: strconv.ParseFloat: parsing "${text}": value out of range`,
    }
  }
  return value
}
