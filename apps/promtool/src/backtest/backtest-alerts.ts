/** `promtool test alerts`: when would these alerts have fired? */
import { posix } from 'node:path'
import { printDuration, printRfc3339, quoteGo } from '@prom/model'
import { parseRuleFile, type RuleConfig } from '@prom/rules'
import { type Context, EXIT_FAILURE, EXIT_OK, promqlOptions } from '../context.ts'
import { readTime } from '../kinds.ts'
import { Progress } from '../progress.ts'
import { printLabelSet } from '../query/print-result.ts'
import { decodeText } from '../read-error.ts'
import { alertHistory, type Episode } from './alert-history.ts'
import { type AlertSource, openFolderSource, openServerSource, type Span } from './alert-sources.ts'

const STEPS_MAX = 1_000_000

export interface BacktestAlertsValues {
  readonly files: readonly string[]
  readonly url: string
  /** A data folder, asked instead of a server. */
  readonly dataDir: string | undefined
  readonly start: string
  readonly end: string | undefined
  /** For groups without an interval. */
  readonly intervalMs: number
  /** Names; none means all. */
  readonly alerts: readonly string[]
  readonly httpConfigFile: string | undefined
}

export async function backtestAlerts(
  values: BacktestAlertsValues,
  context: Context,
): Promise<number> {
  const { host } = context
  let source: AlertSource | undefined
  try {
    const startMs = readTime(values.start)
    const endMs = values.end ? readTime(values.end) : host.clock.now()
    if (startMs >= endMs) throw new Error('start time is not before end time')
    const { dataDir, url, httpConfigFile } = values
    source = dataDir
      ? openFolderSource(dataDir, endMs, context)
      : await openServerSource(url, httpConfigFile, context)
    const jobs = readJobs(values, context)
    const progress = new Progress('Asking', host)
    for (const [index, { rule, title, intervalMs }] of jobs.entries()) {
      progress.show(index / jobs.length)
      const text = await replay(rule, { startMs, endMs, stepMs: intervalMs }, source)
      progress.end()
      host.stdout.write(`${title}: ${text}`)
    }
    return EXIT_OK
  } catch (err) {
    if (!(err instanceof Error)) throw err
    host.stderr.write(`${err.message}\n`)
    return EXIT_FAILURE
  } finally {
    await source?.close()
  }
}

interface Job {
  readonly rule: RuleConfig
  readonly title: string
  readonly intervalMs: number
}

function readJobs({ files, alerts, intervalMs }: BacktestAlertsValues, context: Context): Job[] {
  const { host } = context
  return files.flatMap((path) => {
    const text = decodeText(host.files.readSync(posix.resolve(host.cwd, path)))
    const parsed = parseRuleFile(text, path, { promql: promqlOptions(context) })
    if ('errors' in parsed)
      throw new Error(parsed.errors.map((e) => `${path}: ${e.text}`).join('\n'))
    return parsed.file.groups.flatMap((group) =>
      group.rules
        .filter(({ alert }) => alert !== '' && (alerts.length === 0 || alerts.includes(alert)))
        .map((rule) => ({
          rule,
          title: `${path}: group ${quoteGo(group.name)}, alert ${quoteGo(rule.alert)}`,
          intervalMs: group.intervalMs || intervalMs,
        })),
    )
  })
}

async function replay(rule: RuleConfig, span: Span, source: AlertSource): Promise<string> {
  const { startMs, endMs, stepMs } = span
  const count = Math.floor((endMs - startMs) / stepMs) + 1
  if (count > STEPS_MAX) throw new Error(`more than ${STEPS_MAX} evaluations between start and end`)
  const steps = Array.from({ length: count }, (_, i) => startMs + i * stepMs)
  const presence = await source.ask(rule.expr, span)
  const timing = { forMs: rule.forMs, keepFiringForMs: rule.keepFiringForMs }
  const shown: string[] = []
  let firings = 0
  let seriesCount = 0
  for (const { labels, at } of presence.values()) {
    const episodes = alertHistory(steps, at, timing)
    if (episodes.length === 0) continue
    seriesCount++
    firings += episodes.filter(({ state }) => state === 'firing').length
    const lines = episodes.map((episode) => `    ${printEpisode(episode, endMs)}\n`)
    shown.push(`  ${printLabelSet(labels.toObject())}\n${lines.join('')}`)
  }
  if (firings === 0) return `would not have fired\n${shown.sort().join('')}`
  return `would have fired ${firings} time(s), ${seriesCount} series\n${shown.sort().join('')}`
}

function printEpisode({ state, fromMs, toMs }: Episode, endMs: number): string {
  const until = toMs === undefined ? 'the end' : printRfc3339(toMs)
  const took = printDuration((toMs ?? endMs) - fromMs)
  return `${state.padEnd(7)} ${printRfc3339(fromMs)} to ${until} (${took})`
}
