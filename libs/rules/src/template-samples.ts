/** Query answers as templates see them. */
import { type FloatHistogram, printHistogram } from '@prom/histogram'
import { printFloat } from '@prom/model'
import type { VectorAnswer } from '@prom/query'
import { GoOpaque, type TemplateSample } from '@prom/templates'

const HISTOGRAM = {
  name: '*histogram.FloatHistogram',
  print: ({ content }: GoOpaque) =>
    printHistogram(content as FloatHistogram, (value) => printFloat(value)),
}

/** What a template's `query` gives. */
export function templateSamples(answer: VectorAnswer): TemplateSample[] {
  return answer.labels.map((labels, row) => {
    const histogram = answer.histograms?.[row]
    return { labels, value: histogram ? histogramValue(histogram) : (answer.values[row] as number) }
  })
}

/** A histogram as `$value` and `.Value`: it prints as the original prints it. */
export function histogramValue(histogram: FloatHistogram): GoOpaque {
  return new GoOpaque(HISTOGRAM, histogram)
}
