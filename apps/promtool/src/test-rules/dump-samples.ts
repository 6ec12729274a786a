import { printFloat, printGoDuration } from '@prom/model'
import { histogramNotation } from './histogram-notation.ts'
import type { TestStorage } from './test-storage.ts'
import type { UnitTest } from './unit-test-file.ts'

/** One second more, so that the last evaluation is inside. */
const MARGIN_MS = 1000

/** For --debug: every sample after the start, series by series. */
export function dumpSamples(test: UnitTest, storage: TestStorage, lastMs: number): string {
  const sinceMs = lastMs + MARGIN_MS
  const lines = [
    `DEBUG: Dump of all data (input_series and rules) at ${printGoDuration(sinceMs * 1e6)}:`,
  ]
  for (const series of storage.all()) {
    const from = test.startTimestamp + 1
    const samples = series.samples(from, test.startTimestamp + sinceMs)
    if (samples.length === 0) continue
    lines.push(`${series.labels} =>`)
    for (const { timeMs, value, histogram } of samples) {
      const shown = histogram ? histogramNotation(histogram) : printFloat(value, 'f')
      lines.push(`${shown} @[${timeMs}]`)
    }
  }
  return `${lines.join('\n')}\n`
}
