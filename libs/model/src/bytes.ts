/** Byte sizes as alecthomas/units reads them in base 2: `512MB` and `512MiB` are both 512 * 2^20. */

const PREFIXES = ['', 'K', 'M', 'G', 'T', 'P', 'E']

/** Bytes, or the original's error text. A unit is required; `0` is the only plain number. */
export function parseBytes(text: string): { readonly bytes: number } | { readonly error: string } {
  const original = text
  let rest = text
  const isNegative = rest.startsWith('-')
  if (/^[+-]/.test(rest)) rest = rest.slice(1)
  if (rest === '0') return { bytes: 0 }
  if (rest === '') return { error: `units: invalid ${original}` }
  let total = 0
  while (rest !== '') {
    const [part, whole = '', point, fraction = '', unit = ''] =
      /^(\d*)(\.)?(\d*)([^\d.]*)/.exec(rest) ?? []
    if (part === undefined || (whole === '' && fraction === '')) {
      return { error: `units: invalid ${original}` }
    }
    const scale = unitSize(unit)
    if (scale === undefined) return { error: `units: unknown unit ${unit} in ${original}` }
    total += Number(point ? `${whole || '0'}.${fraction || '0'}` : whole) * scale
    if (total > 2 ** 63) return { error: `units: overflow parsing unit` }
    rest = rest.slice(part.length)
  }
  return { bytes: isNegative ? -Math.trunc(total) : Math.trunc(total) }
}

/** As the original prints them: whole parts from large to small, `1KiB512B`, `0B`. */
export function printBytes(bytes: number): string {
  if (bytes === 0) return '0B'
  let rest = Math.abs(bytes)
  let text = bytes < 0 ? '-' : ''
  for (let power = PREFIXES.length - 1; power >= 0; power--) {
    const size = 1024 ** power
    const count = Math.floor(rest / size)
    if (count > 0) text += `${count}${PREFIXES[power]}${power === 0 ? 'B' : 'iB'}`
    rest -= count * size
  }
  return text
}

function unitSize(unit: string): number | undefined {
  const match = /^([KMGTPE]?)(i?)B$/.exec(unit)
  if (!match || (match[1] === '' && match[2] === 'i')) return undefined
  return 1024 ** PREFIXES.indexOf(match[1]!)
}
