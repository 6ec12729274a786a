import { printMatcher } from '@prom/alerting'
import { Matcher, type MatchType } from '@prom/labels'
import { printJson } from '@prom/receivers'
import type { ApiMatcher, ApiSilence } from './api-client.ts'
import { type Context, printDate } from './context.ts'
import { printTable } from './table.ts'

/** A list of silences as the chosen output prints it, those that end first on top. */
export function printSilences(silences: readonly ApiSilence[], context: Context): string {
  if (context.output === 'json') return `${printJson(silences as never)}\n`
  const sorted = [...silences].sort((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt))
  if (context.output === 'simple') {
    return printTable([
      ['ID', 'Matchers', 'Ends At', 'Created By', 'Comment'],
      ...sorted.map((silence) => [
        silence.id,
        silence.matchers.map(print).join(' '),
        printDate(silence.endsAt, context),
        silence.createdBy,
        silence.comment,
      ]),
    ])
  }
  return printTable([
    ['ID', 'Matchers', 'Starts At', 'Ends At', 'Updated At', 'Created By', 'Comment'],
    ...sorted.map((silence) => [
      silence.id,
      `{${silence.matchers.map(print).join(',')}}`,
      printDate(silence.startsAt, context),
      printDate(silence.endsAt, context),
      printDate(silence.updatedAt ?? '', context),
      silence.createdBy,
      silence.comment,
    ]),
  ])
}

function print({ isEqual = true, isRegex, name, value }: ApiMatcher): string {
  const type: MatchType = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!='
  return printMatcher(new Matcher(type, name, value))
}
