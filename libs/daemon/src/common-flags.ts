/** Flags that daemons share, with the originals' words. */
import { flag, type Kind, listFlag, switchFlag, text } from '@prom/flags'
import type { LogFormat, LogLevel } from '@prom/runtime'

const logLevel: Kind<LogLevel> = choice('log level', ['debug', 'info', 'warn', 'error'])
const logFormat: Kind<LogFormat> = choice('log format', ['logfmt', 'json'])

export const versionFlag = switchFlag('version', { help: 'Show application version.' })

export const logFlags = {
  logLevel: flag('log.level', logLevel, {
    help: 'Only log messages with the given severity or above. One of: [debug, info, warn, error]',
    default: 'info',
  }),
  logFormat: flag('log.format', logFormat, {
    help: 'Output format of log messages. One of: [logfmt, json]',
    default: 'logfmt',
  }),
}

/** The web flags of all daemons but the server, which words them differently. */
export function webFlags(defaultAddress: string) {
  return {
    systemdSocket: switchFlag('web.systemd-socket', {
      help: 'Use systemd socket activation listeners instead of port listeners (Linux only).',
    }),
    listenAddress: listFlag('web.listen-address', text, {
      help:
        'Addresses on which to expose metrics and web interface. Repeatable for multiple ' +
        'addresses. Examples: `:9100` or `[::1]:9100` for http, `vsock://:9100` for vsock',
      default: defaultAddress,
    }),
    webConfigFile: flag('web.config.file', text, {
      help:
        'Path to configuration file that can enable TLS or authentication. See: ' +
        'https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md',
      default: '',
    }),
  }
}

function choice<const T extends string>(what: string, values: readonly T[]): Kind<T> {
  return {
    parse: (given) => {
      const found = values.find((value) => value === given.toLowerCase())
      if (found === undefined) throw new Error(`unrecognized ${what} ${given}`)
      return found
    },
  }
}
