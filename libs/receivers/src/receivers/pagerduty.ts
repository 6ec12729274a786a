/** Triggers and resolves a PagerDuty event per group: Events API v2, or v1 with a service key. */
import { field, type Infer, list, secret, string, struct } from '@prom/yaml'
import { type AnyValue, anyMap, renderAny } from '../any-value.ts'
import { commonFields, httpOf, template, withHttp } from '../common-fields.ts'
import { goDuration } from '../go-duration.ts'
import { type Json, printJson } from '../go-json.ts'
import type { Notification } from '../notification.ts'
import { hashKey, postJson } from '../post-json.ts'
import { defineReceiver, type ReceiverDeps } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { factsOf } from '../template-data.ts'
import { truncateRunes } from '../truncate.ts'
import { httpUrl } from '../urls.ts'

const V1_URL = 'https://events.pagerduty.com/generic/2010-04-15/create_event.json'
const EVENT_BYTES_MAX = 512_000
const SUMMARY_RUNES_MAX = 1024

const DETAILS: readonly (readonly [string, string])[] = [
  ['firing', '{{ .Alerts.Firing | toJson }}'],
  ['resolved', '{{ .Alerts.Resolved | toJson }}'],
  ['num_firing', '{{ .Alerts.Firing | len }}'],
  ['num_resolved', '{{ .Alerts.Resolved | len }}'],
]

const image = struct('config.PagerdutyImage', {
  src: field('src', string),
  alt: field('alt', string),
  href: field('href', string),
})

const link = struct('config.PagerdutyLink', {
  href: field('href', string),
  text: field('text', string),
})

const pagerdutyConfig = struct(
  'config.plain',
  {
    ...commonFields(true),
    serviceKey: field('service_key', secret),
    serviceKeyFile: field('service_key_file', string),
    routingKey: field('routing_key', secret),
    routingKeyFile: field('routing_key_file', string),
    url: field('url', httpUrl),
    client: field('client', string, template('pagerduty.default.client')),
    clientUrl: field('client_url', string, template('pagerduty.default.clientURL')),
    description: field('description', string, {
      default: '{{ template "pagerduty.default.description" .}}',
    }),
    details: field('details', anyMap),
    images: field('images', list(image)),
    links: field('links', list(link)),
    source: field('source', string),
    severity: field('severity', string),
    eventClass: field('class', string),
    component: field('component', string),
    group: field('group', string),
    timeoutMs: field('timeout', goDuration, { isAlwaysPrinted: true }),
  },
  {
    typeName: 'config.PagerdutyConfig',
    check: ({ routingKey, routingKeyFile, serviceKey, serviceKeyFile }) => {
      const hasRouting = !routingKey.isEmpty || routingKeyFile !== ''
      const hasService = !serviceKey.isEmpty || serviceKeyFile !== ''
      if (!hasRouting && !hasService) return 'missing service or routing key in PagerDuty config'
      if (!routingKey.isEmpty && routingKeyFile !== '') {
        return 'at most one of routing_key & routing_key_file must be configured'
      }
      return !serviceKey.isEmpty && serviceKeyFile !== ''
        ? 'at most one of service_key & service_key_file must be configured'
        : undefined
    },
    finish: (config) => ({
      ...config,
      details: new Map<string, AnyValue>([...DETAILS, ...config.details]),
      source: config.source || config.client,
    }),
  },
)

type PagerdutyConfig = Infer<typeof pagerdutyConfig>

export const pagerduty = defineReceiver<PagerdutyConfig>({
  name: 'pagerduty',
  schema: pagerdutyConfig,
  complete: (config, global) => {
    const url = config.url || global.pagerdutyUrl
    return url === ''
      ? { error: 'no global PagerDuty URL set' }
      : withHttp({ ...config, url }, global)
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => {
    const client = deps.createClient(httpOf(config))
    const isV1 = !config.serviceKey.isEmpty || config.serviceKeyFile !== ''
    return async (notification, signal) => {
      const make = isV1 ? eventV1 : eventV2
      await postJson(
        client,
        {
          url: isV1 ? V1_URL : config.url,
          body: limit(await make(config, notification, deps), deps),
          userAgent: deps.userAgent,
          signal,
          timeoutMs: config.timeoutMs,
        },
        { retryCodes: [isV1 ? 403 : 429], details: faultDetails },
      )
    }
  },
})

type Event = { readonly [key: string]: Json }

/** Renders the parts both versions have. */
function render(
  config: PagerdutyConfig,
  notification: Notification,
  { templates, log }: ReceiverDeps,
) {
  const data = templates.data(notification)
  const expand = (text: string) => templates.text(text, data)
  const summary = truncateRunes(expand(config.description), SUMMARY_RUNES_MAX)
  if (summary.isCut) log.warn('Truncated summary', { max_runes: SUMMARY_RUNES_MAX })
  const isFiring = factsOf(notification.alerts).status === 'firing'
  return {
    expand,
    summary: summary.text,
    type: isFiring ? 'trigger' : 'resolve',
    key: hashKey(notification.groupKey),
    client: expand(config.client),
    clientUrl: expand(config.clientUrl),
    details: renderAny(config.details, templates, data),
  }
}

async function eventV1(
  config: PagerdutyConfig,
  notification: Notification,
  deps: ReceiverDeps,
): Promise<Event> {
  const parts = render(config, notification, deps)
  const key = await readSecret(config.serviceKey, config.serviceKeyFile, deps.files)
  const isTrigger = parts.type === 'trigger'
  return {
    service_key: parts.expand(key),
    incident_key: parts.key,
    event_type: parts.type,
    description: parts.summary || undefined,
    event_action: '',
    payload: null,
    client: (isTrigger && parts.client) || undefined,
    client_url: (isTrigger && parts.clientUrl) || undefined,
    details: parts.details,
  }
}

async function eventV2(
  config: PagerdutyConfig,
  notification: Notification,
  deps: ReceiverDeps,
): Promise<Event> {
  const parts = render(config, notification, deps)
  const { expand } = parts
  const key = await readSecret(config.routingKey, config.routingKeyFile, deps.files)
  const some = (text: string) => expand(text) || undefined
  const images = config.images
    .map(({ src, alt, href }) => ({ src: expand(src), alt: expand(alt), href: expand(href) }))
    .filter(({ src }) => src !== '')
  const links = config.links
    .map(({ href, text }) => ({ href: expand(href), text: expand(text) }))
    .filter(({ href }) => href !== '')
  return {
    routing_key: expand(key),
    dedup_key: parts.key,
    event_action: parts.type,
    payload: {
      summary: parts.summary,
      source: expand(config.source),
      severity: expand(config.severity || 'error'),
      class: some(config.eventClass),
      component: some(config.component),
      group: some(config.group),
      custom_details: parts.details,
    },
    client: parts.client || undefined,
    client_url: parts.clientUrl || undefined,
    images: images.length === 0 ? undefined : images,
    links: links.length === 0 ? undefined : links,
  }
}

/** An event too large for PagerDuty loses its details, not its existence. */
function limit(event: Event, { log }: ReceiverDeps): Event {
  const sizeBytes = Buffer.byteLength(printJson(event)) + 1
  if (sizeBytes <= EVENT_BYTES_MAX) return event
  log.warn('Truncated details', { message_size: sizeBytes, max_size: EVENT_BYTES_MAX })
  const error = {
    error: `Custom details have been removed because the original event exceeds the maximum size of ${EVENT_BYTES_MAX / 1000}KB`,
  }
  if (event.payload === null) return { ...event, details: error }
  return { ...event, payload: { ...(event.payload as Event), custom_details: error } }
}

function faultDetails(status: number, body: string): string {
  if (status !== 400) return body
  try {
    const { message, errors } = JSON.parse(body) as { message?: unknown; errors?: unknown }
    const list = Array.isArray(errors) ? errors.map(String).join(',') : ''
    const text = typeof message === 'string' ? message : ''
    return list === '' ? text : `${text}: ${list}`
  } catch {
    return body
  }
}
