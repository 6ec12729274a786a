import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { notificationValue } from './alertmanager/data.ts'
import { alertmanagerFunctions } from './alertmanager/functions.ts'
import { FunctionError } from './errors.ts'
import { sprint } from './format/printf.ts'
import { define, defineVariadic } from './functions/define.ts'
import { compileTemplates } from './template-set.ts'
import { GoMap, GoStruct, GoText, stringMap, strings, type Value } from './values.ts'

interface Case {
  readonly text: string
  readonly output?: string
  readonly error?: string
}

// Each line was run by Go's text/template over the same data.
function readCases(file: string): Case[] {
  const lines = readFileSync(join(__dirname, 'testdata', file), 'utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as Case)
}

function result(run: () => string): { output?: string; error?: string } {
  try {
    return { output: run() }
  } catch (err) {
    return { error: (err as Error).message }
  }
}

const data = new GoStruct(
  { name: 'main.S' },
  {
    Labels: stringMap({ job: 'x', instance: 'a<b' }),
    Value: 1234567,
    ExternalURL: 'http://h/p?a=b&c=d',
    List: strings(['a', 'b', 'c']),
    N: 3n,
    F: 0.5,
    Nil: null,
    M: { k: 1n, s: 't', n: null },
    Any: [1n, 'a', 2.5, null, true],
  },
)

const functions = {
  toUpper: define(['string'], (text) => text.toUpperCase()),
  fail: define([], () => {
    throw new FunctionError('boom')
  }),
  two: define(['string', 'float64'], (text, number) => sprint([text, number])),
  vari: defineVariadic(['string'], 'int', (_, ...rest) => BigInt(rest.length)),
  safeHtml: define(['string'], (text) => new GoText({ name: 'template.HTML' }, text)),
  flag: define(['bool'], (flag) => flag),
  kv: define([], () => {
    const entries = new Map<string, Value>([
      ['b', 1n],
      ['a', 2n],
    ])
    return new GoMap({ name: 'map[string]int', element: 'int', zero: 0n }, entries)
  }),
}

test.each(readCases('text.jsonl').map((line) => [line.text, line] as const))(
  'renders %s as Go does',
  (text, { output, error }) => {
    const got = result(() => compileTemplates([{ name: 't', text }], functions).execute('t', data))
    expect(got).toEqual(error === undefined ? { output } : { error })
  },
)

test.each(readCases('html.jsonl').map((line) => [line.text, line] as const))(
  'renders the document %s as Go does',
  (text, { output, error }) => {
    const got = result(() =>
      compileTemplates([{ name: 't', text }], functions, { isHtml: true }).execute('t', data),
    )
    expect(got).toEqual(error === undefined ? { output } : { error })
  },
)

const labels = { alertname: 'A', job: 'x', aa: 'b<c' }
const notification = notificationValue({
  receiver: 'r',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels,
      annotations: { s: 'it' },
      startsAtMs: Date.parse('2026-11-20T10:00:00.123Z') + 0.456,
      endsAtMs: undefined,
      generatorUrl: 'http://g',
      fingerprint: 'abc',
    },
  ],
  notificationReason: 'x',
  groupLabels: labels,
  commonLabels: {},
  commonAnnotations: {},
  routeLabels: {},
  externalUrl: 'http://e',
})

test.each(readCases('alertmanager.jsonl').map((line) => [line.text, line] as const))(
  'renders the notification template %s as the original does',
  (text, { output, error }) => {
    const set = compileTemplates([], alertmanagerFunctions({ now: () => 1_700_000_000_000 }))
    const got = result(() => set.expandText(text, notification))
    expect(got).toEqual(error === undefined ? { output } : { error })
  },
)
