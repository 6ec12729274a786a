/** What every command is handed, and how it fails. */
import type { MatcherParser } from '@prom/alerting'
import type { Host, Logger } from '@prom/runtime'
import { asTime, formatLayout, goTimeFromMs, zonedTime } from '@prom/templates'
import type { ApiClient } from './api-client.ts'

export type Output = 'simple' | 'extended' | 'json'

export interface Context {
  readonly host: Host
  readonly log: Logger
  readonly output: Output
  /** A layout of Go's. */
  readonly dateFormat: string
  readonly parser: MatcherParser
  /** Asked for by commands that talk to the server; checks its version on first use. */
  readonly api: () => Promise<ApiClient>
  readonly isVerbose: boolean
}

/** Ends the program with code 1 and this text. */
export class CommandError extends Error {
  /** What follows the text: an empty line, as a rule. */
  readonly end: string

  constructor(message: string, end = '\n\n') {
    super(message)
    this.end = end
  }
}

export function printDate(text: string, { dateFormat }: Context): string {
  const moment = asTime(goTimeFromMs(Date.parse(text)))
  return formatLayout(dateFormat, zonedTime(moment))
}
