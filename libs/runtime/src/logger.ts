/** Logs as the originals print them: constant sentences, facts as fields, logfmt or JSON on stderr. */
import { pino } from 'pino'
import type { Clock } from './host.ts'
import { printLogfmtValue, toJsonValue } from './logfmt.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogFormat = 'logfmt' | 'json'
export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds `fields` to every line, after the message. The field `source` names the part. */
  with(fields: LogFields): Logger
}

export interface RootLogger extends Logger {
  /** Takes effect at once, for every logger made from this one. */
  setLevel(level: LogLevel): void
}

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** The originals name file and line of the call; we name the part: `source=main.ts`. */
  readonly source?: string
}

/** What pino is handed: `line` is finished but for its level, which pino decides on. */
interface Entry {
  readonly line: string
}

/** Lines go to `write`, each with its newline: `time=... level=INFO source=main.ts msg="..." k=v`. */
export function createLogger(
  { level, format, source = 'main.ts' }: LoggerOptions,
  write: (line: string) => void,
  clock: Clock,
): RootLogger {
  const root = pino(
    { level, base: null, timestamp: false },
    { write: (json: string) => write(`${(JSON.parse(json) as Entry).line}\n`) },
  )
  const print = format === 'json' ? printJson : printLogfmt

  const make = (bound: LogFields): Logger => {
    const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
      if (!root.isLevelEnabled(at)) return
      const { source: from, ...rest } = { source, ...bound, ...fields }
      const head = { time: new Date(clock.now()).toISOString(), level: at.toUpperCase() }
      root[at]({ line: print({ ...head, source: from, msg: message }, rest) } satisfies Entry)
    }
    return {
      debug: (message, fields) => log('debug', message, fields),
      info: (message, fields) => log('info', message, fields),
      warn: (message, fields) => log('warn', message, fields),
      error: (message, fields) => log('error', message, fields),
      with: (fields) => make({ ...bound, ...fields }),
    }
  }
  return {
    ...make({}),
    setLevel: (next) => {
      root.level = next
    },
  }
}

function printLogfmt(head: LogFields, fields: LogFields): string {
  return [...Object.entries(head), ...Object.entries(fields)]
    .map(([name, value]) => `${name}=${printLogfmtValue(value)}`)
    .join(' ')
}

function printJson(head: LogFields, fields: LogFields): string {
  const entries = [...Object.entries(head), ...Object.entries(fields)]
  return JSON.stringify(Object.fromEntries(entries.map(([name, v]) => [name, toJsonValue(v)])))
}
