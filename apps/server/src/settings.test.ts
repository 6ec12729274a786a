import { readCommandLine } from '@prom/flags'
import { program } from './flags.ts'
import { readSettings } from './settings.ts'

function settings(...argv: string[]) {
  const output = { stdout: { write() {} }, stderr: { write() {} }, version: '' }
  const line = readCommandLine(program, argv, output)
  if ('exitCode' in line) throw new Error(`does not parse: ${argv.join(' ')}`)
  const given = argv.map((word) => word.split('=')[0] as string)
  return readSettings(line.flags, given, 'host')
}

const DAY_MS = 86_400_000

test('retention and block width follow from each other', () => {
  const f = (argv: string[], retentionMs: number, retentionBytes: number, blockMaxMs: number) =>
    expect(settings(...argv)).toMatchObject({ retentionMs, retentionBytes, blockMaxMs })
  f([], 15 * DAY_MS, 0, 1.5 * DAY_MS)
  f(['--storage.tsdb.retention.time=1y'], 365 * DAY_MS, 0, 31 * DAY_MS)
  f(['--storage.tsdb.retention.size=1GB'], 0, 2 ** 30, 31 * DAY_MS)
  f(['--storage.tsdb.max-block-duration=3h'], 15 * DAY_MS, 0, 3 * 3_600_000)
})

test('features come from lists, and unknown ones are named', () => {
  const { features, unknownFeatures } = settings(
    '--enable-feature=exemplar-storage,nope',
    '--enable-feature=promql-experimental-functions',
  )
  expect(features.has('promql-experimental-functions')).toBe(true)
  expect(unknownFeatures).toEqual(['nope'])
})

test('flags that cannot be together end the program with the code of the original', () => {
  const f = (argv: string[], exitCode: number, message: string) => {
    let thrown: unknown
    try {
      settings(...argv)
    } catch (err) {
      thrown = err
    }
    expect(thrown).toMatchObject({ exitCode, message })
  }
  f(
    ['--storage.agent.path=x', '--storage.agent.retention.min-time=1h'],
    3,
    'The following flag(s) can only be used in agent mode: ["--storage.agent.path" "--storage.agent.retention.min-time"]',
  )
  f(
    ['--agent', '--query.timeout=1m'],
    3,
    'The following flag(s) can not be used in agent mode: ["--query.timeout"]',
  )
  f(
    ['--enable-feature=otlp-deltatocumulative,otlp-native-delta-ingestion'],
    1,
    'Error parsing feature list: cannot enable otlp-deltatocumulative and otlp-native-delta-ingestion features at the same time',
  )
  const message = 'prometheus.WriteRequest'
  const accepted = `--web.remote-write-receiver.accepted-protobuf-messages=${message}`
  f(
    [accepted, accepted],
    2,
    `Error parsing command line arguments: duplicated ${message} flag value, got [${message}] already`,
  )
  f(
    ['--storage.tsdb.wal-segment-size=1MB'],
    1,
    "flag 'storage.tsdb.wal-segment-size' must be set between 10MB and 256MB",
  )
})

test('the route prefix is the path of the external URL unless given', () => {
  expect(settings('--web.external-url=http://x/a/').routePrefix).toBe('/a')
  expect(settings('--web.external-url=http://x/a/', '--web.route-prefix=/').routePrefix).toBe('')
  expect(settings().external.href).toBe('http://host:9090')
})
