/**
 * The same alerting and recording rules in ours and in the original. Their expressions depend on the time of the
 * evaluation alone, so both see the same data: every alert must be pending, firing and gone at the same evaluation,
 * and what the two tell an Alertmanager must be the same to the letter.
 */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { folderWith, removeFolders } from '../harness/folders.ts'
import { stopAll } from '../harness/processes.ts'
import { originals, ours } from '../harness/programs.ts'
import { type ServerUnderTest, startServer } from '../harness/server.ts'
import { sleep } from '../harness/wait.ts'

/** Between two evaluations: a busy machine must not miss one. */
const STEP_S = 2
/** All rules repeat after this. */
const PERIOD_S = 12 * STEP_S
const WATCH_S = 2 * PERIOD_S + STEP_S

const RULES = `groups:
  - name: times
    interval: ${STEP_S}s
    labels: { from: group }
    rules:
      - record: phase
        expr: vector(time() / ${STEP_S} % 12)
        labels: { kind: recorded }
      - alert: AtOnce
        expr: vector(time() / ${STEP_S} % 12) > 6
        labels: { severity: page, from: rule }
        annotations:
          summary: 'value {{ $value }} {{ printf "%.1f" $value }} of {{ $labels.alertname }}'
      - alert: AfterAWhile
        expr: label_replace(vector(time() / ${STEP_S} % 12) >= 2 < 9, "who", "a<b>&\\"c\\"", "", "")
        for: 6s
        keep_firing_for: 4s
        labels: { team: '{{ $labels.who }}-{{ if gt $value 5.0 }}late{{ else }}early{{ end }}' }
        annotations:
          functions: >-
            {{ humanize 1234567.0 }} {{ humanize1024 2048.0 }} {{ humanizeDuration 3661.5 }}
            {{ humanizePercentage 0.1234 }} {{ humanizeTimestamp 1700000000.0 }} {{ title "a word" }}
            {{ toUpper "up" }} {{ toLower "DOWN" }} {{ reReplaceAll "b+" "x" "abbb" }} {{ match "^a" "ab" }}
            {{ stripPort "h:1" }} {{ stripDomain "h.x.y:1" }} {{ parseDuration "1h30m" }}
            {{ graphLink "up > 0" }} {{ tableLink "up" }} {{ externalURL }} {{ pathPrefix }}
          variables: '{{ $externalURL }} {{ $externalLabels.zone }} {{ .Value }} {{ .Labels.who }} {{ len $labels }}'
          asked: '{{ with query "vector(7)" }}{{ . | first | value }}{{ end }}{{ range query "vector(1) or vector(2)" }}<{{ .Value }}>{{ end }}'
          broken: '{{ query "nope" | first }}'
          wrong: '{{ $value.Nope }}'
      - alert: Never
        expr: vector(time() / ${STEP_S} % 12) > 11
        for: 10s
      - alert: Several
        expr: >-
          label_replace(vector(time() / ${STEP_S} % 12) > 3, "n", "1", "", "")
          or label_replace(vector(time() / ${STEP_S} % 12) > 8, "n", "2", "", "")
        for: 2s
        annotations: { n: '{{ $labels.n }} at {{ $value }}' }
      - alert: FromRecorded
        expr: phase{kind="recorded"} > 4
        annotations: { text: '{{ range $k, $v := $labels }}{{ $k }}={{ $v }};{{ end }}' }
`

const configOf = (sink: string) => `global:
  evaluation_interval: ${STEP_S}s
  external_labels: { zone: z1, replica: r }
rule_files: [rules.yml]
alerting:
  alert_relabel_configs:
    - { regex: replica, action: labeldrop }
  alertmanagers:
    - static_configs: [{ targets: ['${sink}'] }]
`

interface Posted {
  readonly labels: Record<string, string>
  readonly annotations: Record<string, string>
  readonly startsAt: string
  readonly endsAt: string
  readonly generatorURL: string
}

/** Takes what a server posts to its Alertmanager. */
async function startSink(): Promise<{ server: Server; address: string; posted: Posted[] }> {
  const posted: Posted[] = []
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    posted.push(...(JSON.parse(Buffer.concat(pieces).toString()) as Posted[]))
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, posted }
}

let mine: ServerUnderTest
let theirs: ServerUnderTest
const sinks: Awaited<ReturnType<typeof startSink>>[] = []
let fromS: number
let toS: number

beforeAll(async () => {
  sinks.push(await startSink(), await startSink())
  const folder = folderWith({ 'rules.yml': RULES })
  // One folder, because the slot of a group depends on the path of its file.
  const launch = async (programs: typeof ours, i: number) => {
    const sink = sinks[i] as (typeof sinks)[number]
    const name = `prometheus-${i}.yml`
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(folder, name), configOf(sink.address))
    return startServer(programs, {
      config: join(folder, name),
      data: join(folder, `data-${i}`),
      args: [
        '--web.external-url=http://prom.test/base',
        '--web.route-prefix=/',
        '--rules.alert.resend-delay=1s',
      ],
    })
  }
  ;[mine, theirs] = await Promise.all([launch(ours, 0), launch(originals, 1)])
  // From the beginning of a period on, both have seen all that matters.
  fromS = (Math.floor(Date.now() / 1000 / PERIOD_S) + 1) * PERIOD_S
  toS = fromS + WATCH_S
  await sleep((toS + STEP_S) * 1000 + 1500 - Date.now())
}, 180_000)

afterAll(async () => {
  await stopAll()
  for (const { server } of sinks) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  removeFolders()
})

/** Every sample of every series in the window: `series -> time=value ...`. */
async function samples(server: ServerUnderTest, selector: string): Promise<Map<string, string>> {
  const answer = await server.query(`${selector}[${WATCH_S}s]`, toS)
  if (answer.status !== 'success') throw new Error(JSON.stringify(answer))
  const found = new Map<string, string>()
  for (const { metric, values = [] } of answer.data?.result ?? []) {
    const key = JSON.stringify(Object.entries(metric).sort())
    found.set(key, values.map(([at, value]) => `${at}=${value}`).join(' '))
  }
  return new Map([...found].sort())
}

test.each(['ALERTS', 'ALERTS_FOR_STATE', 'phase'])(
  '%s has the same samples at the same evaluations',
  async (name) => {
    const [own, original] = [await samples(mine, name), await samples(theirs, name)]
    expect(original.size).toBeGreaterThan(0)
    expect(own).toEqual(original)
  },
)

/** What was told of alerts that began in the window, resends left out. */
function told({ posted }: { readonly posted: readonly Posted[] }): string[] {
  const beginsMs = (fromS + STEP_S) * 1000
  const endsMs = (toS - 4 * STEP_S) * 1000
  const lines = posted
    .filter(({ startsAt }) => Date.parse(startsAt) >= beginsMs && Date.parse(startsAt) < endsMs)
    .map(({ endsAt, ...alert }) =>
      JSON.stringify({ ...alert, resolved: isResolved({ ...alert, endsAt }) }),
    )
  return [...new Set(lines)].sort()
}

/** The end of a firing alert lies four resend delays after the evaluation; that of a resolved one at it. */
function isResolved({ endsAt, startsAt }: Posted): string {
  const lengthMs = Date.parse(endsAt) - Date.parse(startsAt)
  return lengthMs < 0 ? 'before it began' : 'after it began'
}

test('an Alertmanager is told the same alerts with the same labels, annotations, times and links', () => {
  const [own, original] = sinks.map(told) as [string[], string[]]
  expect(original.length).toBeGreaterThan(20)
  expect(own).toEqual(original)
})

test('alerts end at the same moments', () => {
  const ends = ({ posted }: { readonly posted: readonly Posted[] }) => {
    const last = new Map<string, string>()
    for (const { labels, startsAt, endsAt } of posted) {
      const startsMs = Date.parse(startsAt)
      if (startsMs < (fromS + STEP_S) * 1000 || startsMs >= (toS - PERIOD_S) * 1000) continue
      // The last word about an alert is its end.
      last.set(`${JSON.stringify(labels)} ${startsAt}`, endsAt)
    }
    return [...last].sort()
  }
  const [own, original] = sinks.map(ends) as [unknown[], unknown[]]
  expect(original.length).toBeGreaterThan(3)
  expect(own).toEqual(original)
})

test('the rules API tells the same state, errors and annotations', async () => {
  const rules = async ({ url }: ServerUnderTest) => {
    const answer = (await (await fetch(`${url}/api/v1/rules`)).json()) as {
      data: { groups: { rules: Record<string, unknown>[] }[] }
    }
    return answer.data.groups.flatMap((group) =>
      group.rules.map(
        ({
          name,
          query,
          labels,
          annotations,
          duration,
          keepFiringFor,
          health,
          lastError,
          type,
        }) => ({
          ...{ name, query, labels, annotations, duration, keepFiringFor, health, lastError, type },
        }),
      ),
    )
  }
  expect(await rules(mine)).toEqual(await rules(theirs))
})
