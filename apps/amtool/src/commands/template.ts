import { readTemplates } from '@prom/alertmanager-config'
import { defineCommand, defineGroup, flag, listFlag, text } from '@prom/flags'
import { NotificationTemplates } from '@prom/receivers'
import { notificationValue } from '@prom/templates'
import { CommandError, type Context } from '../context.ts'

const render = defineCommand({
  name: 'render',
  help: 'Render a given definition in a template file to standard output.',
  flags: {
    globs: listFlag('template.glob', text, {
      help: 'Glob of paths that will be expanded and used for rendering.',
      isRequired: true,
      placeholder: 'TEMPLATE.GLOB',
    }),
    text: flag('template.text', text, {
      help: 'The template that will be rendered.',
      isRequired: true,
      placeholder: 'TEMPLATE.TEXT',
    }),
    type: flag('template.type', text, {
      help: 'The type of the template. Can be either text (default) or html.',
      default: 'text',
      placeholder: 'TEMPLATE.TYPE',
    }),
    data: flag('template.data', text, {
      help: 'Full path to a file which contains the data of the alert(-s) with which the --template.text will be rendered. Must be in JSON. File must be formatted according to the following layout: https://pkg.go.dev/github.com/prometheus/alertmanager/template#Data. If none has been specified then a predefined, simple alert will be used for rendering.',
      placeholder: 'TEMPLATE.DATA',
    }),
  },
  run: async (values, context: Context) => {
    const { host } = context
    const now = () => host.clock.now()
    try {
      const templates = new NotificationTemplates(readTemplates(host.files, values.globs), {
        externalUrl: '',
        now,
      })
      const data = values.data === undefined ? sampleData(now()) : readData(values.data, context)
      if (values.type !== 'text' && values.type !== 'html') {
        throw new CommandError(`unknown template type ${values.type}`)
      }
      const expand = values.type === 'html' ? 'html' : 'text'
      host.stdout.write(templates[expand](values.text, notificationValue(data)))
      return 0
    } catch (err) {
      throw new CommandError((err as Error).message)
    }
  },
})

type Data = Parameters<typeof notificationValue>[0]

function readData(path: string, { host }: Context): Data {
  const source = JSON.parse(host.files.readTextSync(path)) as Record<string, unknown>
  const pairs = (value: unknown) => (value ?? {}) as Readonly<Record<string, string>>
  const word = (value: unknown) => (typeof value === 'string' ? value : '')
  const time = (value: unknown) => (typeof value === 'string' ? Date.parse(value) : undefined)
  const alerts = Array.isArray(source.alerts) ? (source.alerts as Record<string, unknown>[]) : []
  return {
    receiver: word(source.receiver),
    status: word(source.status),
    notificationReason: word(source.notification_reason),
    groupLabels: pairs(source.groupLabels),
    commonLabels: pairs(source.commonLabels),
    commonAnnotations: pairs(source.commonAnnotations),
    routeLabels: pairs(source.routeLabels),
    externalUrl: word(source.externalURL),
    alerts: alerts.map((alert) => ({
      status: word(alert.status),
      labels: pairs(alert.labels),
      annotations: pairs(alert.annotations),
      startsAtMs: time(alert.startsAt) ?? 0,
      endsAtMs: time(alert.endsAt),
      generatorUrl: word(alert.generatorURL),
      fingerprint: word(alert.fingerprint),
    })),
  }
}

/** The values the original renders with when it is given none. */
function sampleData(nowMs: number): Data {
  const minute = 60_000
  const commonLabels = {
    commonlabelkey1: 'commonlabelvalue1',
    commonlabelkey2: 'commonlabelvalue2',
  }
  const commonAnnotations = {
    commonannotationkey1: 'commonannotationvalue1',
    commonannotationkey2: 'commonannotationvalue2',
  }
  const alert = { endsAtMs: nowMs, generatorUrl: 'https://generatorurl.com' }
  return {
    receiver: 'receiver',
    status: 'alertstatus',
    notificationReason: '',
    groupLabels: { grouplabelkey1: 'grouplabelvalue1', grouplabelkey2: 'grouplabelvalue2' },
    commonLabels,
    commonAnnotations,
    routeLabels: {},
    externalUrl: 'https://example.com',
    alerts: [
      {
        ...alert,
        status: 'firing',
        labels: { ...commonLabels, instance: 'foo.bar:1234', label1: 'value1', label2: 'value2' },
        annotations: { annotation1: 'value1', annotation2: 'value2', ...commonAnnotations },
        startsAtMs: nowMs - 5 * minute,
        fingerprint: 'fingerprint1',
      },
      {
        ...alert,
        status: 'resolved',
        labels: { ...commonLabels, foo: 'bar', baz: 'qux' },
        annotations: { aaa: 'bbb', ccc: 'ddd', ...commonAnnotations },
        startsAtMs: nowMs - 10 * minute,
        fingerprint: 'fingerprint2',
      },
    ],
  }
}

export const template = defineGroup<Context>({
  name: 'template',
  help: 'Render template files.',
  commands: [render],
})
