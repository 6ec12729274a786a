/** A page of families in the format that its reader gets. */
import type { MetricFamily } from '@prom/metrics'
import { type EscapingScheme, exposeName } from '@prom/model'
import { encodeFamilies } from './encode-families.ts'
import { printMessageText } from './message-text.ts'
import type { ExpositionFormat } from './negotiate.ts'
import { writeText } from './write-text.ts'

/** Not for OpenMetrics, which nobody offers. */
export function exposeFamilies(
  families: readonly MetricFamily[],
  { format, encoding, escaping }: Pick<ExpositionFormat, 'format' | 'encoding' | 'escaping'>,
): string | Uint8Array {
  if (format !== 'protobuf') return writeText(families, escaping)
  const messages = encodeFamilies(escapeFamilies(families, escaping))
  return encoding === 'delimited' ? messages : [...printMessageText(messages, encoding)].join('')
}

/** Names as a reader can take them. */
export function escapeFamilies(
  families: readonly MetricFamily[],
  escaping: EscapingScheme,
): readonly MetricFamily[] {
  if (escaping === 'allow-utf-8') return families
  return families.map((family) => ({
    ...family,
    name: exposeName(family.name, escaping),
    points: family.points.map((point) => ({
      ...point,
      labels: point.labels.map((text, i) => (i % 2 === 0 ? exposeName(text, escaping) : text)),
    })),
  }))
}
