/** Prometheus durations: `1h30m`, units y w d h m s ms in that order; milliseconds in a number. */

import { quoteGo } from './quote.ts'

const UNITS: readonly (readonly [string, number])[] = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** Go keeps nanoseconds in an int64; more milliseconds than this do not fit. */
const MILLISECONDS_MAX = 9_223_372_036_854

/** Milliseconds, or the original's error text. Zero needs no unit; negative is not allowed. */
export function parseDuration(text: string): { readonly ms: number } | { readonly error: string } {
  if (text === '0') return { ms: 0 }
  if (text === '') return { error: 'empty duration string' }
  let total = 0
  let lastUnit = -1
  for (let at = 0; at < text.length; ) {
    const [part, digits, unit] = /^(\d+)([^\d]*)/.exec(text.slice(at)) ?? ['', '', '']
    if (part === '' || unit === '' || digits.length > 19) return malformed(text)
    const index = UNITS.findIndex(([name]) => name === unit)
    if (index < 0) return { error: `unknown unit ${quoteGo(unit)} in duration ${quoteGo(text)}` }
    if (index <= lastUnit) return malformed(text)
    lastUnit = index
    total += Number(digits) * UNITS[index]![1]
    if (total > MILLISECONDS_MAX) return { error: 'duration out of range' }
    at += part.length
  }
  return { ms: total }
}

const malformed = (text: string) => ({ error: `not a valid duration string: ${quoteGo(text)}` })

/** `1h30m`; years and weeks only where they divide exactly; `0s`. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = Math.abs(ms)
  let text = ms < 0 ? '-' : ''
  for (const [name, size] of UNITS) {
    if ((name === 'y' || name === 'w') && rest % size !== 0) continue
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${name}`
    rest -= count * size
  }
  return text
}
