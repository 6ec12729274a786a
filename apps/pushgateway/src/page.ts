/** The page for people: every group with its families, buttons to delete, and the state of the gateway. */
import { escapeHtml } from '@prom/daemon'
import type { HistogramValue, MetricFamily, MetricPoint, SummaryValue } from '@prom/metrics'
import { isValidLabelName, printFloat, printRfc3339 } from '@prom/model'
import { type Group, isLastPushSuccessful, type StoredFamily, unpackFamily } from '@prom/push-store'
import { nativeBuckets } from './api/native-buckets.ts'
import { labelObject } from './api/v1.ts'

/** Families with more samples than a browser can show well are counted only. */
const ROWS_MAX = 5000

export interface PageOptions {
  /** Of links: empty, or a path without a slash at its end. */
  readonly prefix: string
  readonly telemetryPath: string
  readonly groups: readonly Group[]
  readonly hasAdminApi: boolean
  readonly flags: Readonly<Record<string, string>>
  readonly build: Readonly<Record<string, string>>
  readonly startTimeMs: number
}

/** The page piece by piece: with pauses, whatever has been pushed. */
export function* printPage(options: PageOptions): Generator<undefined, string[]> {
  const { prefix, telemetryPath, groups, hasAdminApi } = options
  const base = escapeHtml(prefix)
  const wipe = hasAdminApi
    ? `<button id="wipe" class="danger"${groups.length === 0 ? ' disabled' : ''}>Delete All <b id="count">${groups.length}</b></button>`
    : ''
  const pieces = [
    `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Prometheus Pushgateway</title>
<link rel="stylesheet" href="${base}/static/page.css">
<script src="${base}/static/page.js" defer></script>
</head>
<body data-prefix="${base}">
<header>
<h1>Pushgateway</h1>
<nav><a href="#metrics">Metrics</a> <a href="#status">Status</a>
<a href="${escapeHtml(prefix + telemetryPath)}">Raw metrics</a>
<a href="https://github.com/prometheus/pushgateway/blob/master/README.md">Help</a></nav>
${wipe}
</header>
<p id="alert" role="alert" hidden></p>
<main id="metrics">
${groups.length === 0 ? '<p>Nothing has been pushed.</p>' : ''}
`,
  ]
  for (const group of groups) {
    pieces.push(printGroup(group))
    yield undefined
  }
  pieces.push(`
</main>
<section id="status">
<h2>Status</h2>
${printTable('Build Information', options.build)}
<p>Started ${printRfc3339(options.startTimeMs)}</p>
${printTable('Flags', options.flags)}
</section>
</body>
</html>
`)
  return pieces
}

function printGroup(group: Group): string {
  const failed = isLastPushSuccessful(group) ? '' : '<em class="failed">Last push failed!</em>'
  const families = [...group.families].sort(([a], [b]) => (a < b ? -1 : 1))
  // The button lies beside what opens and closes: one control is not to hold another.
  return `<div class="entry" data-group="${escapeHtml(deletePath(group.labels))}">
<details class="group" name="group">
<summary>${printLabels(group.labels)}${failed}</summary>
${families.map(([name, stored]) => printFamily(name, stored)).join('\n')}
</details>
<button class="danger">Delete Group</button>
</div>`
}

/** Job first; each value in base64, so that any text survives the way through a URL. */
function deletePath(labels: readonly string[]): string {
  const { job = '', ...rest } = labelObject(labels)
  const encode = (value: string) => `${Buffer.from(value).toString('base64url')}=`
  const pairs = Object.entries(rest).map(
    ([name, value]) => `/${encodeURIComponent(name)}@base64/${encode(value)}`,
  )
  return `/metrics/job@base64/${encode(job)}${pairs.join('')}`
}

function printLabels(labels: readonly string[]): string {
  const pairs = Object.entries(labelObject(labels))
  pairs.sort(([a], [b]) => Number(b === 'job') - Number(a === 'job'))
  return pairs
    .map(([name, value]) => {
      const shown = isValidLabelName(name, 'legacy') ? name : JSON.stringify(name)
      const kind = name === 'job' || name === 'instance' ? ` class="${name}"` : ''
      return `<code${kind}>${escapeHtml(`${shown}="${value}"`)}</code>`
    })
    .join(' ')
}

function printFamily(name: string, { packed, timeMs }: StoredFamily): string {
  const family = packed.count > ROWS_MAX ? { ...packed, points: [] } : unpackFamily(packed)
  const rows = family.points.map((point) => {
    const labels = printLabels(point.labels)
    return `<tr><td>${labels}</td><td>${printValue(family, point)}</td></tr>`
  })
  if (packed.count > ROWS_MAX) {
    rows.push(`<tr><td colspan="2">${packed.count} samples, too many to show here</td></tr>`)
  }
  return `<details class="family">
<summary><b>${escapeHtml(name)}</b> <small>${escapeHtml(family.help ?? '')}</small>
<i>${family.type.toUpperCase()}</i> <time>last pushed: ${printRfc3339(timeMs)}</time></summary>
<table><tr><th>Labels</th><th>Value</th></tr>
${rows.join('\n')}
</table>
</details>`
}

function printValue({ type }: Pick<MetricFamily, 'type'>, { value }: MetricPoint): string {
  if (typeof value === 'number') return printPlain(value)
  const rows: [string, string][] = []
  if (type === 'summary') {
    for (const { quantile, value: at } of (value as SummaryValue).quantiles) {
      rows.push([`Quantile ${printPlain(quantile)}`, printPlain(at)])
    }
  } else {
    const histogram = value as HistogramValue
    for (const { le, count } of histogram.buckets) {
      rows.push([`Less than or equal to ${printPlain(le)}`, printPlain(count)])
    }
    if (histogram.native !== undefined) {
      for (const [, lower, upper, count] of nativeBuckets(histogram.native as never)) {
        rows.push([`${lower} to ${upper}`, count])
      }
    }
  }
  rows.push(['Sample Count', printPlain(value.count)], ['Sample Sum', printPlain(value.sum)])
  return rows.map(([name, text]) => `${name}: ${text}`).join('<br>')
}

function printPlain(value: number): string {
  return printFloat(value, 'f')
}

function printTable(title: string, rows: Readonly<Record<string, string>>): string {
  const lines = Object.entries(rows).map(
    ([name, value]) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  )
  return `<h3>${escapeHtml(title)}</h3>\n<table>\n${lines.join('\n')}\n</table>`
}
