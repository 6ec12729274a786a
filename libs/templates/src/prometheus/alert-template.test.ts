import { AlertExpander, AlertTemplate, checkAlertTemplate } from './alert-template.ts'
import { labelMap } from './samples.ts'

const asked: string[] = []
const scope = {
  externalLabels: labelMap(['region', 'eu']),
  externalUrl: 'http://prom:9090/base',
  timeMs: 1_700_000_000_000,
  query: async (expression: string) => {
    asked.push(expression)
    if (expression === 'bad') throw new Error('unknown position: parse error')
    if (expression === 'none') return []
    return [
      { labels: ['__name__', 'up', 'job', 'b'], value: 2 },
      { labels: ['__name__', 'up', 'job', 'a'], value: 1 },
    ]
  },
}

const labels = labelMap(['instance', 'web.example.org:9100', 'job', 'node'])

function expand(text: string): string | Promise<string> {
  return new AlertExpander(scope).expand(new AlertTemplate('Up', text), labels, 1234567.8)
}

function expands(text: string, expected: string): void {
  test(`expands ${text}`, async () => {
    expect(await expand(text)).toBe(expected)
  })
}

expands('plain', 'plain')
expands('{{ $labels.job }} {{ .Labels.job }} {{ $labels.nope }}|', 'node node |')
expands(
  '{{ $value }} {{ $value | humanize }} {{ .Value | printf "%.1f" }}',
  '1.2345678e+06 1.235M 1234567.8',
)
expands(
  '{{ $externalLabels.region }} {{ $externalURL }} {{ pathPrefix }}',
  'eu http://prom:9090/base /base',
)
expands('{{ with query "up" }}{{ . | first | value }}{{ end }}', '2')
expands(
  '{{ range query "up" | sortByLabel "job" }}{{ .Labels.job }}={{ .Value }},{{ end }}',
  'a=1,b=2,',
)
expands('{{ query "up" | first | label "job" }} {{ len (query "none") }}', 'b 0')
expands(
  '{{ stripPort $labels.instance }} {{ stripDomain $labels.instance }}',
  'web.example.org web:9100',
)
expands(
  '{{ graphLink "up == 1" }} {{ tableLink "a{b=\\"c\\"}" }}',
  '/graph?g0.expr=up+%3D%3D+1&g0.tab=0 /graph?g0.expr=a%7Bb%3D%22c%22%7D&g0.tab=1',
)
expands(
  '{{ title "héllo wORLD-x y_z" }} {{ toUpper "a" }} {{ safeHtml "<b>" }}',
  'Héllo WORLD-X Y_z A <b>',
)
expands(
  '{{ humanize 0.0 }} {{ humanize 999.9999 }} {{ humanize 0.00123 }} {{ humanize "12345" }}',
  '0 1000 1.23m 12.35k',
)
expands(
  '{{ humanize1024 1024.0 }} {{ humanize1024 1.0 }} {{ humanize1024 1048576.0 }}',
  '1ki 1 1Mi',
)
expands(
  '{{ humanizeDuration 90061.0 }} {{ humanizeDuration 4.5 }} {{ humanizeDuration 0.0125 }} {{ humanizeDuration -61.0 }}',
  '1d 1h 1m 1s 4.5s 12.5ms -1m 1s',
)
expands(
  '{{ humanizePercentage 0.12345 }} {{ humanizeTimestamp 1435065584.128 }}',
  '12.35% 2015-06-23 13:19:44.128 +0000 UTC',
)
expands('{{ parseDuration "1h30m" }} {{ parseDuration "-5s" }} {{ now }}', '5400 -5 1.7e+09')
expands('{{ (toTime 1.5e9).Year }} {{ toDuration 90.5 }}', '2017 1m30.5s')
expands(
  '{{ match "w.b" $labels.instance }} {{ reReplaceAll "(.*):.*" "$1" $labels.instance }}',
  'true web.example.org',
)
expands('{{ $x := args 1 "b" }}{{ $x.arg0 }}{{ $x.arg1 }}', '1b')

const failed =
  '<error expanding template: error executing template __alert_Up: template: __alert_Up'
expands(
  '{{ query "none" | first }}',
  `${failed}:1:130: executing "__alert_Up" at <first>: error calling first: first() called on vector with no elements>`,
)
expands(
  '{{ query "bad" }}',
  `${failed}:1:115: executing "__alert_Up" at <query "bad">: error calling query: unknown position: parse error>`,
)
expands(
  '{{ humanize "x" }}',
  `${failed}:1:115: executing "__alert_Up" at <humanize "x">: error calling humanize: strconv.ParseFloat: parsing "x": invalid syntax>`,
)
expands(
  '{{ tmpl "x" . }}',
  '<error expanding template: error parsing template __alert_Up: template: __alert_Up:1: function "tmpl" not defined>',
)

test('an expression is asked once per expansion, however often it stands there', async () => {
  asked.length = 0
  const text =
    '{{ range query "up" }}{{ with query "up" }}{{ end }}{{ end }}{{ query "other" | len }}'
  expect(await expand(text)).toBe('2')
  expect(asked).toEqual(['up', 'other'])
})

test('checks a template as a rule file is checked', () => {
  expect(checkAlertTemplate('Up', '{{ $labels.x | humanize }}')).toBeUndefined()
  expect(checkAlertTemplate('Up', '{{ nope }}')).toBe(
    'template: __alert_Up:1: function "nope" not defined',
  )
  expect(checkAlertTemplate('Up', '{{ if }}')).toBe('template: __alert_Up:1: missing value for if')
})
