/** One entry of `receivers`: a name and a list of configurations per kind. */
import { quoteGo } from '@prom/model'
import { type AnyReceiverKind, INTEGRATION_NAMES, RECEIVER_KINDS } from '@prom/receivers'
import { bool, type Field, field, list, map, type Schema, string, struct } from '@prom/yaml'

export interface ReceiverConfig {
  readonly name: string
  readonly labels: ReadonlyMap<string, string>
  /** Beyond the original: an alert's end is told even if a silence covers it, when its begin was told. */
  readonly sendResolvedWhenSilenced: boolean
  /** By name of the kind: webhook, email ... */
  readonly configs: ReadonlyMap<string, readonly unknown[]>
}

/** The order in which the original prints the kinds. */
const PRINT_ORDER = [
  'discord',
  'email',
  'incidentio',
  'pagerduty',
  'slack',
  'webhook',
  'opsgenie',
  'wechat',
  'pushover',
  'victorops',
  'sns',
  'telegram',
  'webex',
  'msteams',
  'msteamsv2',
  'jira',
  'rocketchat',
  'mattermost',
]

const kinds = new Map<string, AnyReceiverKind>(RECEIVER_KINDS.map((kind) => [kind.name, kind]))

const fields: Record<string, Field<unknown>> = {
  name: field('name', string, { isAlwaysPrinted: true }) as Field<unknown>,
  labels: field('labels', map(string)) as Field<unknown>,
  sendResolvedWhenSilenced: field('send_resolved_when_silenced', bool) as Field<unknown>,
}
for (const name of PRINT_ORDER) {
  const schema = kinds.get(name)?.schema ?? refused(name)
  fields[name] = field(
    `${name}_configs`,
    list(schema, { nullError: `missing ${name} config` }),
  ) as Field<unknown>
}

const written = struct('config.plain', fields, {
  typeName: 'config.Receiver',
  check: (value) => {
    const { name, labels } = value as unknown as ReceiverConfig
    if (name === '') return 'missing name in receiver'
    const label = labels.get('name')
    if (label !== undefined && label !== name) {
      return `receiver label "name" must match receiver name ${quoteGo(name)}, got ${quoteGo(label)}`
    }
    return undefined
  },
})

export const receiverConfig: Schema<ReceiverConfig> = {
  typeName: 'config.Receiver',
  decode: (node, scope) => {
    const value = written.decode(node, scope) as Readonly<Record<string, unknown>>
    const configs = new Map<string, readonly unknown[]>()
    for (const name of INTEGRATION_NAMES) {
      const items = value[name] as readonly unknown[]
      if (items.length > 0) configs.set(name, items)
    }
    const name = value.name as string
    const labels = new Map(value.labels as ReadonlyMap<string, string>).set('name', name)
    const sendResolvedWhenSilenced = value.sendResolvedWhenSilenced as boolean
    return { name, labels, sendResolvedWhenSilenced, configs }
  },
  encode: ({ name, labels, sendResolvedWhenSilenced, configs }) => {
    const value: Record<string, unknown> = { name, labels, sendResolvedWhenSilenced }
    for (const kind of PRINT_ORDER) value[kind] = configs.get(kind) ?? []
    return written.encode(value as never)
  },
  zero: () => ({
    name: '',
    labels: new Map(),
    sendResolvedWhenSilenced: false,
    configs: new Map(),
  }),
}

/** A kind that is known, but has no sender yet: silently dropping its notifications would be worse. */
function refused(name: string): Schema<unknown> {
  return {
    typeName: `config.${name}`,
    decode: (node, scope) =>
      scope.fail(node.line, `receivers of type ${name} are not built in yet`),
    encode: () => undefined,
    zero: () => undefined,
  }
}
