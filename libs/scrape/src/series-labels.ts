import { compareBytes, Labels, METRIC_NAME } from '@prom/labels'
import { isValidLabelName, isValidMetricName, quoteGo } from '@prom/model'
import { type RelabelRule, relabel } from '@prom/relabel'
import { ScrapeError } from './errors.ts'

/** What decides how exposed labels become series labels. */
export interface SeriesRules {
  /** The target's own labels. */
  readonly target: Labels
  readonly honorLabels: boolean
  readonly metricRelabelRules: readonly RelabelRule[]
  readonly nameValidation: 'utf8' | 'legacy'
  readonly labelsMax: number
  readonly labelNameLengthMax: number
  readonly labelValueLengthMax: number
}

const EXPORTED = 'exported_'
const METRIC_SHOWN_MAX = 50

/**
 * The labels a sample is stored under: exposed pairs (flat, unsorted) merged with the target's, then relabelled.
 * Undefined: relabelling dropped it. Throws ScrapeError where the original fails the whole scrape.
 */
export function seriesLabels(exposed: readonly string[], rules: SeriesRules): Labels | undefined {
  checkUnique(exposed)
  const merged = rules.honorLabels
    ? mergeHonoring(exposed, rules.target)
    : mergeOverriding(exposed, rules.target)
  const { nameValidation } = rules
  const labels = relabel(merged, rules.metricRelabelRules, { nameValidation })
  if (labels === undefined || labels.size === 0) return undefined
  checkNames(labels, nameValidation)
  checkLimits(labels, rules)
  return labels
}

function checkUnique(exposed: readonly string[]): void {
  for (let i = 2; i < exposed.length; i += 2) {
    const name = exposed[i]
    for (let j = 0; j < i; j += 2) {
      if (exposed[j] === name) {
        const shown = quoteGo(name as string)
        throw new ScrapeError(`label name ${shown} is not unique: invalid sample`)
      }
    }
  }
}

/** Exposed labels win; one that is there but empty keeps the target's away. */
function mergeHonoring(exposed: readonly string[], target: Labels): Labels {
  const flat: string[] = []
  for (let i = 0; i < exposed.length; i += 2) {
    if (exposed[i + 1] !== '') flat.push(exposed[i] as string, exposed[i + 1] as string)
  }
  const own = target.flat()
  for (let i = 0; i < own.length; i += 2) {
    if (!hasName(exposed, own[i] as string)) flat.push(own[i] as string, own[i + 1] as string)
  }
  return sorted(flat)
}

/** The target's labels win; exposed ones of the same name move to `exported_<name>`. */
function mergeOverriding(exposed: readonly string[], target: Labels): Labels {
  const own = target.flat()
  const flat: string[] = own.slice()
  const moved: [string, string][] = []
  for (let i = 0; i < exposed.length; i += 2) {
    const name = exposed[i] as string
    const value = exposed[i + 1] as string
    if (value === '') continue
    if (hasName(own, name)) moved.push([name, value])
    else flat.push(name, value)
  }
  moved.sort(([a], [b]) => a.length - b.length)
  for (const [name, value] of moved) {
    let free = EXPORTED + name
    while (hasName(flat, free)) free = EXPORTED + free
    flat.push(free, value)
  }
  return sorted(flat)
}

function hasName(flat: readonly string[], name: string): boolean {
  for (let i = 0; i < flat.length; i += 2) if (flat[i] === name) return true
  return false
}

/** Sorts flat pairs in place; there are few of them, mostly in order. */
function sorted(flat: string[]): Labels {
  for (let i = 2; i < flat.length; i += 2) {
    const name = flat[i] as string
    const value = flat[i + 1] as string
    let j = i - 2
    while (j >= 0 && compareBytes(flat[j] as string, name) > 0) {
      flat[j + 2] = flat[j] as string
      flat[j + 3] = flat[j + 1] as string
      j -= 2
    }
    flat[j + 2] = name
    flat[j + 3] = value
  }
  return Labels.fromSortedFlat(flat)
}

function checkNames(labels: Labels, scheme: 'utf8' | 'legacy'): void {
  const metric = labels.get(METRIC_NAME)
  if (metric === '') throw new ScrapeError('missing metric name (__name__ label)')
  let isValid = isValidMetricName(metric, scheme)
  const flat = labels.flat()
  for (let i = 0; i < flat.length && isValid; i += 2) {
    isValid = flat[i] === METRIC_NAME || isValidLabelName(flat[i] as string, scheme)
  }
  if (!isValid) throw new ScrapeError(`invalid metric name or label names: ${labels}`)
}

function checkLimits(labels: Labels, rules: SeriesRules): void {
  const { labelsMax, labelNameLengthMax, labelValueLengthMax } = rules
  if (labelsMax > 0 && labels.size > labelsMax) {
    const facts = `number of labels: ${labels.size}, limit: ${labelsMax}`
    throw new ScrapeError(`label_limit exceeded (metric: ${shownName(labels)}, ${facts})`)
  }
  if (labelNameLengthMax === 0 && labelValueLengthMax === 0) return
  for (const [name, value] of labels) {
    const nameLength = Buffer.byteLength(name)
    if (labelNameLengthMax > 0 && nameLength > labelNameLengthMax) {
      const facts = `label name: ${name}, length: ${nameLength}, limit: ${labelNameLengthMax}`
      throw new ScrapeError(
        `label_name_length_limit exceeded (metric: ${shownName(labels)}, ${facts})`,
      )
    }
    const valueLength = Buffer.byteLength(value)
    if (labelValueLengthMax > 0 && valueLength > labelValueLengthMax) {
      const facts = `value: ${quoteGo(value)}, length: ${valueLength}, limit: ${labelValueLengthMax}`
      throw new ScrapeError(
        `label_value_length_limit exceeded (metric: ${shownName(labels)}, label name: ${name}, ${facts})`,
      )
    }
  }
}

function shownName(labels: Labels): string {
  return [...labels.get(METRIC_NAME)].slice(0, METRIC_SHOWN_MAX).join('')
}
