import { createLogger, type LogFields, type LogFormat, type LogLevel } from './logger.ts'

const clock = {
  now: () => Date.UTC(2026, 10, 20, 13, 9, 5, 853),
  monotonic: () => 0,
  sleepUntil: async () => {},
  sleep: async () => {},
}

function lines(format: LogFormat, level: LogLevel = 'info') {
  const written: string[] = []
  const log = createLogger({ format, level }, (line) => written.push(line), clock)
  return { log, written }
}

test('logfmt lines have the field order and the quoting of slog', () => {
  const f = (fields: LogFields, expected: string) => {
    const { log, written } = lines('logfmt')
    log.info('Server is ready.', fields)
    expect(written).toEqual([
      `time=2026-11-20T13:09:05.853Z level=INFO source=main.ts msg="Server is ready." ${expected}\n`,
    ])
  }
  f({ address: '[::]:9090', n: 3, ok: true }, 'address=[::]:9090 n=3 ok=true')
  f({ err: new Error('open x: no such file') }, 'err="open x: no such file"')
  f({ a: '', b: 'a=b', c: 'say "hi"\n' }, String.raw`a="" b="a=b" c="say \"hi\"\n"`)
  f(
    { path: String.raw`a\b`, text: 'é µs', duration: '15µs' },
    'path=a\\b text="é µs" duration=15µs',
  )
  f({ a: '\u0001', b: '\u00a0', c: '\u{e0001}' }, String.raw`a="\x01" b="\u00a0" c="\U000e0001"`)
  f({ a: undefined, b: ['x', 'y'], c: Number.NaN }, 'a=<nil> b="[x y]" c=NaN')
})

test('JSON lines carry the same fields in the same order', () => {
  const { log, written } = lines('json')
  log.with({ component: 'web' }).warn('Bad <request>', { err: new Error('no'), n: 1 })
  expect(written).toEqual([
    '{"time":"2026-11-20T13:09:05.853Z","level":"WARN","source":"main.ts","msg":"Bad <request>",' +
      '"component":"web","err":"no","n":1}\n',
  ])
})

test('a level set later counts for loggers made earlier', () => {
  const { log, written } = lines('logfmt', 'error')
  const child = log.with({ source: 'rules.ts' })
  child.info('hidden')
  log.setLevel('debug')
  child.debug('shown')
  expect(written).toEqual(['time=2026-11-20T13:09:05.853Z level=DEBUG source=rules.ts msg=shown\n'])
})
