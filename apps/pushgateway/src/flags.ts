/** The command line of the Pushgateway. */
import { logFlags, versionFlag, webFlags } from '@prom/daemon'
import { defineProgram, flag, plainGoDuration, switchFlag, text, type Values } from '@prom/flags'
import { printGoDuration } from '@prom/model'
import { externalUrl } from './external-path.ts'

export const program = defineProgram({
  name: 'pushgateway',
  help: 'The Pushgateway',
  flags: {
    ...webFlags(':9091'),
    telemetryPath: flag('web.telemetry-path', text, {
      help: 'Path under which to expose metrics.',
      default: '/metrics',
    }),
    externalUrl: flag('web.external-url', externalUrl, {
      help: 'The URL under which the Pushgateway is externally reachable.',
      default: '',
    }),
    routePrefix: flag('web.route-prefix', text, {
      help: 'Prefix for the internal routes of web endpoints. Defaults to the path of --web.external-url.',
      default: '',
    }),
    enableLifecycle: switchFlag('web.enable-lifecycle', {
      help: 'Enable shutdown via HTTP request.',
    }),
    enableAdminApi: switchFlag('web.enable-admin-api', {
      help: 'Enable API endpoints for admin control actions.',
    }),
    persistenceFile: flag('persistence.file', text, {
      help: 'File to persist metrics. If empty, metrics are only kept in memory.',
      default: '',
    }),
    persistenceInterval: flag('persistence.interval', plainGoDuration, {
      help: 'The minimum interval at which to write out the persistence file.',
      default: '5m',
    }),
    disableCheck: switchFlag('push.disable-consistency-check', {
      help: 'Do not check consistency of pushed metrics. DANGEROUS.',
    }),
    enableUtf8Names: switchFlag('push.enable-utf8-names', {
      help: 'Allow UTF-8 characters in metric and label names.',
    }),
    expireAfter: flag('push.expire-after', plainGoDuration, {
      help: 'Remove groups that have not been pushed to for this long. 0: never. A push can ask for its own time with the header X-Pushgateway-Expire-After.',
      default: '0s',
    }),
    ...logFlags,
    version: versionFlag,
  },
})

export type Flags = Values<typeof program.flags>

/** Names and values as `/api/v1/status` and the page show them. */
export function describeFlags(flags: Flags): Record<string, string> {
  const nanoseconds = (ms: number) => printGoDuration(ms * 1e6)
  return {
    'log.format': flags.logFormat,
    'log.level': flags.logLevel,
    'persistence.file': flags.persistenceFile,
    'persistence.interval': nanoseconds(flags.persistenceInterval),
    'push.disable-consistency-check': String(flags.disableCheck),
    'push.enable-utf8-names': String(flags.enableUtf8Names),
    'push.expire-after': nanoseconds(flags.expireAfter),
    'web.config.file': flags.webConfigFile,
    'web.enable-admin-api': String(flags.enableAdminApi),
    'web.enable-lifecycle': String(flags.enableLifecycle),
    'web.external-url': flags.externalUrl,
    'web.listen-address': flags.listenAddress.join(','),
    'web.route-prefix': flags.routePrefix,
    'web.systemd-socket': String(flags.systemdSocket),
    'web.telemetry-path': flags.telemetryPath,
  }
}
