import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TextParser } from './text-parser.ts'

interface Case {
  readonly case: string
  readonly scrape_config?: readonly string[]
  readonly content_type: string | null
  readonly body?: string
  readonly body_base64?: string
  readonly ok: boolean
  readonly error?: string
  readonly series: readonly {
    labels: Record<string, string>
    samples: [string | number, string][]
  }[]
}
const shared = process.env.SHARED_DIR ?? join(__dirname, '../../../..', 'shared')
const cases: Case[] = readFileSync(join(shared, 'fixtures/exposition/parse-cases.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line))

const textCases = cases.filter(
  (c) => c.content_type?.startsWith('text/plain;') && !c.scrape_config && c.case.startsWith('t'),
)
test.each(textCases.map((c) => [c.case, c] as const))('%s', (_, c) => {
  const body =
    c.body !== undefined ? Buffer.from(c.body) : Buffer.from(c.body_base64 as string, 'base64')
  let error: string | undefined
  const got = new Map<string, unknown[]>()
  try {
    const parser = new TextParser(body)
    for (let e = parser.next(); e !== 'end'; e = parser.next()) {
      if (e !== 'series') continue
      const flat = parser.labels()
      const labels: Record<string, string> = {}
      for (let i = 0; i < flat.length; i += 2) {
        if ((flat[i] as string) in labels)
          throw new Error(`label name "${flat[i]}" is not unique: invalid sample`)
        if (flat[i + 1] !== '') labels[flat[i] as string] = flat[i + 1] as string
      }
      const key = JSON.stringify(Object.entries(labels).sort())
      if (!got.has(key)) got.set(key, [])
      const t = parser.timeMs ?? 'scrape'
      if (!got.get(key)?.some((x) => (x as unknown[])[0] === t))
        got.get(key)?.push([t, parser.value])
    }
  } catch (err) {
    error = (err as Error).message
  }
  expect(error).toBe(c.error)
  if (c.ok) {
    const want = new Map(
      c.series.map((s) => [
        JSON.stringify(Object.entries(s.labels).sort()),
        s.samples.map(([t, v]) => [
          t,
          v === '+Inf' ? Infinity : v === '-Inf' ? -Infinity : Number(v),
        ]),
      ]),
    )
    expect(Object.fromEntries(got)).toEqual(Object.fromEntries(want))
  }
})
