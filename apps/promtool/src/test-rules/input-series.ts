/** The `input_series` of a test: parsed at once, written as time goes on. */
import { parseExpr, parseSeriesLine, type SequenceItem } from '@prom/promql-syntax'
import { seriesProblem } from './series-problem.ts'
import type { TestSeries, TestStorage } from './test-storage.ts'
import type { UnitTest } from './unit-test-file.ts'

interface Input {
  readonly series: TestSeries
  readonly items: readonly SequenceItem[]
  next: number
}

export class InputSeries {
  readonly #inputs: Input[]
  readonly #startMs: number
  readonly #intervalMs: number

  /** Throws an Error with the position the original names: lines count from the interval's. */
  constructor(test: UnitTest, intervalMs: number, storage: TestStorage) {
    this.#startMs = test.startTimestamp
    this.#intervalMs = intervalMs
    // Of two definitions of one series the later one counts.
    const inputs = new Map<TestSeries, Input>()
    test.inputSeries.forEach(({ series: text, values }, index) => {
      const { labels, items } = parseLine(text, values, index + 2)
      const series = storage.series(labels)
      inputs.set(series, { series, items, next: 0 })
    })
    this.#inputs = [...inputs.values()]
  }

  /** Writes every sample up to `timeMs`, included. */
  writeUntil(timeMs: number): void {
    for (const input of this.#inputs) {
      for (; input.next < input.items.length; input.next++) {
        const atMs = this.#startMs + input.next * this.#intervalMs
        if (atMs > timeMs) break
        const { kind, value, histogram } = input.items[input.next]!
        if (kind === 'float') input.series.append(atMs, value)
        else if (kind === 'stale') input.series.append(atMs, 'stale')
        else if (histogram !== undefined) input.series.append(atMs, histogram)
      }
    }
  }
}

function parseLine(
  series: string,
  values: string,
  line: number,
): ReturnType<typeof parseSeriesLine> {
  const text = `${series} ${values}`
  try {
    const parsed = parseSeriesLine(text)
    parseExpr(series) // Stricter about label sets.
    return parsed
  } catch (err) {
    throw new Error(seriesProblem(text, err, line))
  }
}
