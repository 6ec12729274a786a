/** Texts of the pages: series, times, durations. Sample values are API strings and never pass through here. */

const durationUnits: readonly (readonly [string, number])[] = [
  ['y', 31_536_000_000],
  ['w', 604_800_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
]

/** `1h30m`; y and w only when nothing remains, as the original writes it. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0s'
  let rest = Math.round(ms)
  let text = ''
  for (const [unit, size] of durationUnits) {
    if ((unit === 'y' || unit === 'w') && rest % size !== 0) continue
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${unit}`
    rest -= count * size
  }
  return text
}

/** Milliseconds of `1h30m`, `0`; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  const match =
    /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/.exec(text)
  if (!match || text === '') return undefined
  return durationUnits.reduce((sum, [, size], i) => sum + Number(match[i + 1] ?? 0) * size, 0)
}

/** `5d 5m 2.123s`, for people. */
export function humanDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown'
  if (ms < 0) return `-${humanDuration(-ms)}`
  if (ms < 1000) return `${Math.round(ms * 1000) / 1000}ms`
  const parts: string[] = []
  let rest = ms
  for (const [unit, size] of durationUnits.slice(2, 5)) {
    const count = Math.floor(rest / size)
    if (count > 0) parts.push(`${count}${unit}`)
    rest -= count * size
  }
  const seconds = Math.round(rest) / 1000
  if (seconds > 0 || parts.length === 0) parts.push(`${seconds}s`)
  return parts.slice(0, 3).join(' ')
}

/** Time since, in at most two units; `never` for the zero time. */
export function humanAgo(thenMs: number, nowMs: number): string {
  if (!(thenMs > 0)) return 'never'
  const ms = Math.max(0, nowMs - thenMs)
  return ms < 1000 ? 'now' : `${humanDuration(Math.floor(ms / 1000) * 1000)} ago`
}

/** ISO without milliseconds, in UTC or with the local offset. */
export function printTime(ms: number, isLocal: boolean): string {
  if (!isLocal) return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
  const date = new Date(ms)
  const offset = -date.getTimezoneOffset()
  const shifted = new Date(ms + offset * 60_000).toISOString().slice(0, 19)
  const sign = offset < 0 ? '-' : '+'
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${shifted}${sign}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
}

const isPlainName = (name: string) => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)
const isPlainMetric = (name: string) => /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)
const quoted = (text: string) =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

/** `name{a="x", b="y"}`, with UTF-8 names quoted. */
export function printSeries(labels: Readonly<Record<string, string>>): string {
  const { __name__: name, ...rest } = labels
  const parts = Object.entries(rest).map(
    ([key, value]) => `${isPlainName(key) ? key : `"${quoted(key)}"`}="${quoted(value)}"`,
  )
  if (name !== undefined && !isPlainMetric(name)) parts.unshift(`"${quoted(name)}"`)
  const shown = name !== undefined && isPlainMetric(name) ? name : ''
  if (parts.length === 0 && shown) return shown
  return `${shown}{${parts.join(', ')}}`
}
