/** Numbers and durations as PromQL writes them. */

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
}
const UNITS = ['y', 'w', 'd', 'h', 'm', 's', 'ms']
const DURATION_MAX_MS = 9_223_372_036_854

/** Milliseconds of `1h30m`, or a reason in the words of the original. */
export function parseDurationLiteral(text: string): number | { readonly reason: string } {
  if (text === '') return { reason: 'empty duration string' }
  if (text === '0') return 0
  const pieces = text.match(/[0-9]+[^0-9]+/g) ?? []
  if (pieces.join('') !== text) return { reason: `not a valid duration string: ${JSON.stringify(text)}` }
  let total = 0
  let last = -1
  for (const piece of pieces) {
    const [, digits, unit] = /^([0-9]+)([^0-9]+)$/.exec(piece) as unknown as [string, string, string]
    const rank = UNITS.indexOf(unit)
    if (rank < 0) {
      return { reason: `unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}` }
    }
    if (rank <= last) return { reason: `not a valid duration string: ${JSON.stringify(text)}` }
    last = rank
    total += Number(digits) * (UNIT_MS[unit] as number)
  }
  return total > DURATION_MAX_MS ? { reason: 'duration out of range' } : total
}

/** As the original prints a duration: `1h30m`, `-5m`, `0s`. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  let rest = Math.abs(ms)
  // Years and weeks are used only where nothing smaller is left over.
  for (const unit of ['y', 'w']) {
    const size = UNIT_MS[unit] as number
    if (rest % size === 0) return `${sign}${rest / size}${unit}`
  }
  let out = sign
  for (const unit of ['d', 'h', 'm', 's', 'ms']) {
    const size = UNIT_MS[unit] as number
    const count = Math.floor(rest / size)
    if (count > 0) out += `${count}${unit}`
    rest -= count * size
  }
  return out
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
