/** Alerts as Alertmanager's API v2 takes them: keys, order and times as the original writes them. */
import type { Labels } from '@prom/labels'

/** An alert on its way to the Alertmanagers; times are milliseconds. */
export interface NotifierAlert {
  readonly labels: Labels
  readonly annotations: Labels
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly generatorUrl: string
}

/** One element of the posted array. */
export function encodeAlert(alert: NotifierAlert): string {
  const { labels, annotations, startsAtMs, endsAtMs, generatorUrl } = alert
  const times = `"endsAt":"${printTime(endsAtMs)}","startsAt":"${printTime(startsAtMs)}"`
  const notes = annotations.size === 0 ? '' : `"annotations":${encodeLabels(annotations)},`
  const source = generatorUrl === '' ? '' : `"generatorURL":${quoteJson(generatorUrl)},`
  return `{${notes}${times},${source}"labels":${encodeLabels(labels)}}`
}

function encodeLabels(labels: Labels): string {
  const pairs: string[] = []
  for (const [name, value] of labels) pairs.push(`${quoteJson(name)}:${quoteJson(value)}`)
  return `{${pairs.join(',')}}`
}

function printTime(ms: number): string {
  return new Date(Math.floor(ms)).toISOString()
}

/** As Go's encoding/json: `<`, `>`, `&` and the line separators are escaped too. */
function quoteJson(text: string): string {
  return JSON.stringify(text).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
