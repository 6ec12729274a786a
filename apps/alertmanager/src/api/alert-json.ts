/** An alert as the API shows it, written as text at once: a list may have many thousands. */
import type { Alert, AlertMarks } from '@prom/alerting'
import { labelsJson, printJson, printJsonString, RawJson } from '@prom/receivers'
import { printApiTime } from './decode.ts'

/** `receivers` as `receiverPrinter` prints them. */
export function alertJson(
  alert: Alert,
  receivers: string,
  { marks }: { readonly marks: AlertMarks },
  mutedBy: readonly string[] = [],
): RawJson {
  const { silencedBy, inhibitedBy } = marks.get(alert.fingerprint)
  const state = mutedBy.length > 0 ? 'suppressed' : marks.state(alert.fingerprint)
  const url =
    alert.generatorUrl === '' ? '' : `,"generatorURL":${printJsonString(alert.generatorUrl)}`
  return new RawJson(
    `{"annotations":${printJson(alert.annotations)}` +
      `,"endsAt":"${printApiTime(alert.endsAtMs)}","fingerprint":"${alert.fingerprint}"` +
      `,"receivers":${receivers},"startsAt":"${printApiTime(alert.startsAtMs)}"` +
      `,"status":{"inhibitedBy":${printIds(inhibitedBy)},"mutedBy":${printIds(mutedBy)}` +
      `,"silencedBy":${printIds(silencedBy)},"state":"${state}"}` +
      `,"updatedAt":"${printApiTime(alert.updatedAtMs)}"${url}` +
      `,"labels":${labelsJson(alert.labels).text}}`,
  )
}

function printIds(ids: readonly string[]): string {
  return ids.length === 0 ? '[]' : printJson(ids)
}

/** Prints lists of receivers; alerts of one list mostly go to the same few. */
export function receiverPrinter(): (names: readonly string[]) => string {
  const printed = new Map<string, string>()
  return (names) => {
    const key = names.join('\n')
    let text = printed.get(key)
    if (text === undefined) {
      text = printJson(names.map((name) => ({ name })))
      printed.set(key, text)
    }
    return text
  }
}
