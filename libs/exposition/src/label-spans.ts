import { parseValue, printOpenMetricsFloat } from './float.ts'

/**
 * Where the parts of one series are in the bytes: offsets in pairs, first the metric name (-1 until it is known),
 * then name and value of each label, quotes left out.
 */
export class LabelSpans {
  readonly #offsets: number[] = []

  reset(): void {
    this.#offsets.length = 0
  }

  add(start: number, end: number): void {
    this.#offsets.push(start, end)
  }

  get hasName(): boolean {
    return (this.#offsets[0] ?? -1) >= 0
  }

  setName(start: number, end: number): void {
    this.#offsets[0] = start
    this.#offsets[1] = end
  }

  /** The pairs as text, the name first; `le` and `quantile` printed as OpenMetrics does where `type` asks. */
  decode(bytes: Buffer, type: string): string[] {
    const offsets = this.#offsets
    const out = ['__name__', decodeText(bytes, offsets[0] as number, offsets[1] as number)]
    for (let i = 2; i < offsets.length; i += 4) {
      const name = decodeText(bytes, offsets[i] as number, offsets[i + 1] as number)
      const value = decodeText(bytes, offsets[i + 2] as number, offsets[i + 3] as number)
      out.push(name, normalise(type, name, value))
    }
    return out
  }

  /** The pairs without the name's place (exemplars). */
  decodePairs(bytes: Buffer): string[] {
    const out: string[] = []
    const offsets = this.#offsets
    for (let i = 0; i < offsets.length; i += 2) {
      out.push(decodeText(bytes, offsets[i] as number, offsets[i + 1] as number))
    }
    return out
  }
}

const BACKSLASH = 92

/** Text with `\\`, `\"` and `\n` resolved; any other escape stays as it is. */
export function decodeText(bytes: Buffer, start: number, end: number): string {
  let isPlain = true
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number
    if (byte === BACKSLASH || byte >= 0x80) {
      isPlain = false
      break
    }
  }
  if (isPlain) return bytes.toString('latin1', start, end)
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? unescapeText(text) : text
}

export function unescapeText(text: string): string {
  return text.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c))
}

function normalise(type: string, name: string, value: string): string {
  const isBound =
    (name === 'le' && type === 'histogram') || (name === 'quantile' && type === 'summary')
  if (!isBound) return value
  const bytes = Buffer.from(value, 'utf8')
  try {
    return printOpenMetricsFloat(parseValue(bytes, 0, bytes.length))
  } catch {
    return value
  }
}
