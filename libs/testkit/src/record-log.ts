import type { LogFields, Logger, LogLevel } from '@prom/runtime'

export interface LogLine {
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/** A logger that keeps its lines for a test to look at. */
export function recordLog(): Logger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = []
  const create = (base: LogFields): Logger => {
    const at = (level: LogLevel) => (message: string, fields?: LogFields) =>
      void lines.push({ level, message, fields: { ...base, ...fields } })
    return {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      with: (fields) => create({ ...base, ...fields }),
    }
  }
  return Object.assign(create({}), { lines })
}
