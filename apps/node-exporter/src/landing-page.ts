/** The first page: where the metrics are, and how each collector did at the last scrape. */
import type { CollectorRun } from '@prom/collectors'
import { escapeHtml, printLandingPage } from '@prom/daemon'

export interface LandingPageFacts {
  readonly version: string
  readonly telemetryPath: string
  /** Every collector there is, sorted. */
  readonly names: readonly string[]
  readonly isEnabled: (name: string) => boolean
  readonly lastRun: (name: string) => CollectorRun | undefined
}

export function printPage({ version, telemetryPath, ...facts }: LandingPageFacts): string {
  const { names, isEnabled } = facts
  const row = (name: string) => {
    const link = `<a href="${escapeHtml(telemetryPath)}?collect[]=${name}">${name}</a>`
    return `<tr><th scope="row">${link}</th>${printRun(facts.lastRun(name))}</tr>`
  }
  const off = names.filter((name) => !isEnabled(name))
  return printLandingPage({
    title: 'Node Exporter',
    description: 'Prometheus Node Exporter',
    version,
    links: [{ href: telemetryPath, text: 'Metrics' }],
    more: `<h2>Collectors</h2>
<table>
<tr><th scope="col">Name</th><th scope="col" class="number">Last scrape took</th><th scope="col">and</th></tr>
${names.filter(isEnabled).map(row).join('\n')}
</table>
<p><small>Off: ${off.join(', ')}</small></p>`,
  })
}

function printRun(run: CollectorRun | undefined): string {
  if (!run) return '<td class="number">-</td><td>was not asked yet</td>'
  const took = `<td class="number">${(run.seconds * 1000).toFixed(1)} ms</td>`
  return `${took}<td${run.result === 'failed' ? ' class="bad"' : ''}>${run.result}</td>`
}
