/** The grouping labels in the path of a push: `/job/NAME{/LABEL/VALUE}`, each with `@base64` if it needs it. */
import { isValidLabelName, quoteGo, unescapeName } from '@prom/model'
import { sortLabels } from './group.ts'
import { textOf } from './odd-text.ts'

const BASE64 = '@base64'

export type PushLabels = { readonly labels: readonly string[] } | { readonly error: string }

export interface PushPath {
  readonly job: string
  readonly isJobBase64: boolean
  /** What follows the job, with its leading slash, percent signs decoded. */
  readonly rest: string
}

/** The labels, sorted by name, or the text of the answer 400. */
export function parsePushLabels(path: PushPath, hasUtf8Names: boolean): PushLabels {
  const job = path.isJobBase64 ? decodeBase64(path.job) : { text: path.job, error: undefined }
  if (job.error !== undefined) {
    // Compat: with what has been decoded so far.
    return { error: `invalid base64 encoding in job name ${quoteGo(job.text)}: ${job.error}` }
  }
  const labels = parsePairs(path.rest, hasUtf8Names)
  if ('error' in labels) return labels
  if (job.text === '') return { error: 'job name is required' }
  labels.labels.set('job', job.text)
  return { labels: sortLabels(labels.labels) }
}

function parsePairs(
  rest: string,
  hasUtf8Names: boolean,
): { readonly labels: Map<string, string> } | { readonly error: string } {
  const labels = new Map<string, string>()
  if (rest.length <= 1) return { labels }
  const parts = rest.slice(1).split('/')
  if (parts.length % 2 !== 0) {
    return { error: `odd number of components in label string ${quoteGo(rest)}` }
  }
  for (let i = 0; i < parts.length; i += 2) {
    const given = parts[i] as string
    const value = parts[i + 1] as string
    const isBase64 = given.endsWith(BASE64)
    const escaped = isBase64 ? given.slice(0, -BASE64.length) : given
    const name = hasUtf8Names ? unescapeName(escaped, 'values') : escaped
    if (!isValidLabelName(name, hasUtf8Names ? 'utf8' : 'legacy') || name.startsWith('__')) {
      return { error: `improper label name ${quoteGo(escaped)}` }
    }
    const decoded = isBase64 ? decodeBase64(value) : { text: value, error: undefined }
    if (decoded.error !== undefined) {
      return {
        error: `invalid base64 encoding for label ${name}=${quoteGo(value)}: ${decoded.error}`,
      }
    }
    labels.set(name, decoded.text)
  }
  return { labels }
}

/** URL-safe alphabet, padding optional, line ends passed over. The error names the first byte that does not belong, as Go does. */
function decodeBase64(given: string): { readonly text: string; readonly error?: string } {
  const sent = given.replace(/=+$/, '')
  const bad = sent.search(/[^A-Za-z0-9_\r\n-]/)
  const digits = (bad < 0 ? sent : sent.slice(0, bad)).replace(/[\r\n]/g, '')
  const text = textOf(Buffer.from(digits.slice(0, digits.length & ~3), 'base64url'))
  if (bad >= 0) return { text, error: `illegal base64 data at input byte ${bad}` }
  if (digits.length % 4 === 1) {
    return { text, error: `illegal base64 data at input byte ${sent.length - 1}` }
  }
  return { text: textOf(Buffer.from(digits, 'base64url')) }
}
