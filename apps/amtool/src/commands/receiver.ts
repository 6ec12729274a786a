/** `amtool receiver test`: what a receiver would send, or what becomes of sending it. Beyond the original. */
import { dirname } from 'node:path'
import { fingerprint, type Route } from '@prom/alerting'
import {
  type AlertmanagerConfig,
  parseAlertmanagerConfig,
  readTemplates,
} from '@prom/alertmanager-config'
import { readBuildInfo } from '@prom/daemon'
import {
  defineCommand,
  defineGroup,
  flag,
  listArgument,
  listFlag,
  switchFlag,
  text,
} from '@prom/flags'
import { createHttpClient } from '@prom/http'
import { Labels } from '@prom/labels'
import { quoteGo } from '@prom/model'
import {
  type Notification,
  NotificationTemplates,
  printJson,
  tryReceiver,
  ZERO_TIME_MS,
} from '@prom/receivers'
import type { ApiTrial } from '../api-types.ts'
import { CommandError, type Context } from '../context.ts'
import { parseLabels } from '../matcher-arguments.ts'

const SAMPLE_LABELS = { alertname: 'TestAlert', severity: 'info', instance: 'test' }
const SAMPLE_ANNOTATIONS = {
  summary: 'This is a test.',
  description: 'Somebody tries out this receiver; nothing is wrong.',
}

const testCommand = defineCommand({
  name: 'test',
  help: `Show what a receiver would send for a sample alert, or really send it

    Not a command of the original. The receiver is one of a running Alertmanager, or of a local file with --config.file. Without --send nothing leaves the program. A running Alertmanager only sends tests when it was started with --web.enable-receiver-test.

    amtool receiver test team-x alertname=foo node=bar

  	Shows each request that team-x would get for an alert with these labels.`,
  flags: {
    configFile: flag('config.file', text, {
      help: 'Config file with the receiver.',
      placeholder: 'CONFIG.FILE',
    }),
    send: switchFlag('send', { help: 'Send it.' }),
    resolved: switchFlag('resolved', { help: 'Test with a resolved alert.' }),
    showSecrets: switchFlag('show-secrets', {
      help: 'Print secrets as they are sent. Needs --config.file.',
    }),
    annotations: listFlag('annotation', text, {
      help: 'Set an annotation of the sample alert',
      placeholder: 'ANNOTATION',
    }),
    externalUrl: flag('web.external-url', text, {
      help: 'The URL that links in messages start with. Needs --config.file.',
      default: 'http://localhost:9093',
    }),
  },
  args: {
    words: listArgument('receiver and labels', text, {
      help: 'Name of the receiver, then labels of the sample alert.',
    }),
  },
  run: async (values, context: Context) => {
    const [name, ...words] = values.words
    if (name === undefined) throw new CommandError('no receiver specified')
    if (values.showSecrets && values.configFile === undefined) {
      throw new CommandError('--show-secrets needs --config.file')
    }
    const subject: Subject = {
      name,
      labels: { ...SAMPLE_LABELS, ...Object.fromEntries(parseLabels(words, context)) },
      annotations: {
        ...SAMPLE_ANNOTATIONS,
        ...Object.fromEntries(parseLabels(values.annotations, context)),
      },
      isResolved: values.resolved,
      isSending: values.send,
    }
    const trial =
      values.configFile === undefined
        ? await tryRemotely(subject, context)
        : await tryLocally(subject, { ...values, configFile: values.configFile }, context)
    const { stdout } = context.host
    if (context.output === 'json') stdout.write(`${printJson(trial as never)}\n`)
    else stdout.write(printTrial(trial))
    return trial.integrations.every(({ success }) => success) ? 0 : 1
  },
})

interface Subject {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly isResolved: boolean
  readonly isSending: boolean
}

const MINUTE_MS = 60_000

async function tryRemotely(subject: Subject, context: Context): Promise<ApiTrial> {
  const { name, labels, annotations, isResolved, isSending } = subject
  const nowMs = context.host.clock.now()
  const times = isResolved
    ? { startsAt: printTime(nowMs - 5 * MINUTE_MS), endsAt: printTime(nowMs - 1) }
    : {}
  return (await context.api()).testReceiver({
    receiver: name,
    send: isSending,
    alerts: [{ labels, annotations, ...times }],
  })
}

function printTime(ms: number): string {
  return new Date(ms).toISOString()
}

async function tryLocally(
  subject: Subject,
  options: {
    readonly configFile: string
    readonly showSecrets: boolean
    readonly externalUrl: string
  },
  context: Context,
): Promise<ApiTrial> {
  const { host } = context
  const config = loadConfig(options.configFile, context)
  const receiver = config.receivers.find(({ name }) => name === subject.name)
  if (!receiver) throw new CommandError(`receiver ${quoteGo(subject.name)} not found`)
  const userAgent = `Alertmanager/${readBuildInfo(host.process).version}`
  const { clock, env, files, net, random, hostname } = host
  const templates = new NotificationTemplates(readTemplates(files, config.templates), {
    externalUrl: options.externalUrl,
    now: () => clock.now(),
  })
  const tried = await tryReceiver(
    receiver,
    sampleNotification(subject, config.route, clock.now()),
    {
      createClient: (settings) => createHttpClient(settings, { clock, userAgent, env }),
      templates,
      files,
      net,
      clock,
      random,
      log: context.log,
      env,
      hostname,
      userAgent,
    },
    { isSending: subject.isSending, showsSecrets: options.showSecrets },
    new AbortController().signal,
  )
  return {
    receiver: subject.name,
    sent: subject.isSending,
    integrations: tried.map(({ name, index, requests, error }) => ({
      name,
      index,
      success: error === undefined,
      ...(error === undefined ? {} : { error }),
      requests: requests.map(({ status, ...request }) => ({
        ...request,
        ...(status === undefined ? {} : { status }),
      })),
    })),
  }
}

function loadConfig(file: string, { host, parser }: Context): AlertmanagerConfig {
  if (!host.files.statSync(file)) throw new CommandError(`path '${file}' does not exist`)
  const text = host.files.readTextSync(file)
  const loaded = parseAlertmanagerConfig(text, { file, directory: dirname(file), parser })
  if ('error' in loaded) throw new CommandError(loaded.error)
  return loaded.config
}

function sampleNotification(
  { name, labels: pairs, annotations, isResolved }: Subject,
  root: Route,
  atMs: number,
): Notification {
  const labels = Labels.from(pairs)
  const route = [...root.walk()].find(({ options }) => options.receiver === name) ?? root
  const groupLabels = route.groupLabels(labels)
  return {
    receiver: name,
    groupKey: route.groupKey(groupLabels),
    groupLabels,
    routeLabels: route.options.labels,
    reason: isResolved ? 'all alerts resolved' : 'first notification',
    alerts: [
      {
        labels,
        annotations: new Map(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1))),
        startsAtMs: atMs - 5 * MINUTE_MS,
        endsAtMs: isResolved ? atMs - 1 : ZERO_TIME_MS,
        generatorUrl: '',
        fingerprint: fingerprint(labels),
        isResolved,
      },
    ],
    atMs,
    receiverData: new Map(),
  }
}

function printTrial({ sent, integrations }: ApiTrial): string {
  if (integrations.length === 0) return 'The receiver has no integrations.\n'
  return integrations
    .map(({ name, index, error, requests }) => {
      const verdict = error ? `FAILED: ${error}` : sent ? 'sent' : 'would send'
      const shown = requests.map(({ method, url, headers, body, status }) => {
        const lines = Object.entries(headers).map(([key, value]) => `${key}: ${value}\n`)
        const answer = status === undefined ? '' : `\n=> status ${status}\n`
        return `\n${method} ${url}\n${lines.join('')}\n${body.trimEnd()}\n${answer}`
      })
      return `${name}[${index}]  ${verdict}\n${shown.join('')}`
    })
    .join('\n')
}

export const receiver = defineGroup<Context>({
  name: 'receiver',
  help: 'Try out receivers.',
  commands: [testCommand],
})
