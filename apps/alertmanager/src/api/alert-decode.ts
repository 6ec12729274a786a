/** The body of POST /api/v2/alerts, read with the refusals of the original's schema validation. */
import type { Labels } from '@prom/labels'
import { quoteGo } from '@prom/model'
import { ZERO_TIME_MS } from '@prom/receivers'
import { ApiError } from './api.ts'
import {
  fieldNames,
  fieldsOf,
  type JsonObject,
  labelPairs,
  misfit,
  optionalTime,
  required,
} from './decode.ts'

export interface PostedAlert {
  /** Names and values by turns, sorted by name; values may be empty. */
  readonly pairs: readonly string[]
  /** What is already known of `pairs`: none of them is empty then, and all names are good, as those of `annotations`. */
  readonly identity?: { readonly labels: Labels; readonly fingerprint: string }
  readonly annotations: ReadonlyMap<string, string>
  readonly startsAtMs: number | undefined
  readonly endsAtMs: number | undefined
  readonly generatorUrl: string
}

const BODY = 'alerts'
const FIELDS = fieldNames('labels', 'annotations', 'startsAt', 'endsAt', 'generatorURL')
/** What is read first of an alert, as the original's decoder calls it. */
const ALERT_TYPE =
  'Go value of type struct { Annotations models.LabelSet "json:\\"annotations,omitempty\\""; EndsAt strfmt.DateTime "json:\\"endsAt,omitempty\\""; StartsAt strfmt.DateTime "json:\\"startsAt,omitempty\\"" }'

export function decodeAlerts(body: unknown): PostedAlert[] {
  if (body === undefined) throw required(BODY)
  if (body === null) return []
  if (!Array.isArray(body)) throw misfit(BODY, body, 'Go value of type models.PostableAlerts')
  const decoded = body.map(decodeAlert)
  return decoded.map(({ pairs, ...alert }, i) => {
    if (pairs === undefined) throw required(`${i}.labels`)
    const { generatorUrl } = alert
    if (generatorUrl !== '' && !isUri(generatorUrl)) {
      throw ApiError.coded(
        422,
        `${i}.generatorURL in body must be of type uri: ${quoteGo(generatorUrl)}`,
        601,
      )
    }
    return { ...alert, pairs }
  })
}

type Draft = Omit<PostedAlert, 'pairs'> & { readonly pairs: readonly string[] | undefined }

function decodeAlert(item: unknown): Draft {
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw misfit(BODY, item, ALERT_TYPE)
  }
  const source = fieldsOf((item ?? {}) as JsonObject, FIELDS)
  const annotations = labelPairs(source.annotations, { body: BODY, field: '.annotations' })
  const pairs = labelPairs(source.labels, { body: BODY, field: 'Alert.labels' })
  const url = source.generatorURL ?? ''
  if (typeof url !== 'string') {
    throw misfit(BODY, url, 'Go value of type string')
  }
  return {
    pairs,
    annotations: mapOf(annotations ?? []),
    startsAtMs: time(source, 'startsAt'),
    endsAtMs: time(source, 'endsAt'),
    generatorUrl: url,
  }
}

function time(source: JsonObject, key: string): number | undefined {
  const ms = optionalTime(source, key, BODY)
  return ms === ZERO_TIME_MS ? undefined : ms
}

export function mapOf(pairs: readonly string[]): ReadonlyMap<string, string> {
  const map = new Map<string, string>()
  for (let i = 0; i < pairs.length; i += 2) map.set(pairs[i] as string, pairs[i + 1] as string)
  return map
}

export function isUri(text: string): boolean {
  return (
    !/[\u0000-\u0020\u007f]/.test(text) &&
    (text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text))
  )
}
