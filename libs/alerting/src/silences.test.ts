import { Labels, type MatchType } from '@prom/labels'
import { Registry } from '@prom/metrics'
import { FakeClock, MemoryFiles, recordLog, seededRandom } from '@prom/testkit'
import { silenceState } from './silence.ts'
import { type SilenceInput, Silences } from './silences.ts'
import { StateFile } from './state-file.ts'

const HOUR_MS = 3_600_000

function setUp(options: { silencesMax?: number; sizeMaxBytes?: number; files?: MemoryFiles } = {}) {
  const clock = new FakeClock()
  const files = options.files ?? new MemoryFiles()
  const create = () =>
    new Silences(
      {
        retentionMs: 120 * HOUR_MS,
        silencesMax: options.silencesMax ?? 0,
        sizeMaxBytes: options.sizeMaxBytes ?? 0,
        isLogging: false,
      },
      {
        clock,
        random: seededRandom(7),
        log: recordLog(),
        metrics: new Registry(),
        isLabelName: (name) => name !== '',
        file: new StateFile(files, 'data/silences'),
      },
    )
  return { clock, files, create, silences: create() }
}

const on = (type: MatchType, name: string, pattern: string) => ({ type, name, pattern })

const input = (clock: FakeClock, fields: Partial<SilenceInput> = {}): SilenceInput => ({
  id: '',
  matcherSets: [[on('=', 'a', '1')]],
  startsAtMs: clock.now(),
  endsAtMs: clock.now() + HOUR_MS,
  createdBy: 'me',
  comment: 'why',
  annotations: new Map([['ticket', 'X-1']]),
  ...fields,
})

test('a new silence gets an id and mutes what matches while it is active', async () => {
  const { clock, silences } = setUp()
  const id = silences.set(input(clock, { startsAtMs: clock.now() + 1000 }))
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const mutedBy = (value: string) => silences.silencedBy(value, Labels.from({ a: value }))
  expect(mutedBy('1')).toEqual([]) // Pending.
  await clock.advance(1000)
  expect(mutedBy('1')).toEqual([id])
  expect(mutedBy('2')).toEqual([])
  await clock.advance(HOUR_MS)
  expect(mutedBy('1')).toEqual([])
})

test('a start in the past is moved to now', () => {
  const { clock, silences } = setUp()
  const id = silences.set(input(clock, { startsAtMs: clock.now() - HOUR_MS }))
  expect(silences.get(id)?.startsAtMs).toBe(clock.now())
})

test('verdicts follow later changes of silences', () => {
  const { clock, silences } = setUp()
  const labels = Labels.from({ a: '1' })
  expect(silences.silencedBy('f', labels)).toEqual([])
  const first = silences.set(input(clock))
  expect(silences.silencedBy('f', labels)).toEqual([first])
  const second = silences.set(input(clock, { matcherSets: [[on('=~', 'a', '[0-9]')]] }))
  expect(silences.silencedBy('f', labels)).toEqual([first, second].sort())
  silences.expire(first)
  expect(silences.silencedBy('f', labels)).toEqual([second])
})

test('updates happen in place only where the original does so', async () => {
  const { clock, silences } = setUp()
  const id = silences.set(input(clock))
  const known = silences.get(id) as SilenceInput
  expect(silences.set({ ...known, endsAtMs: known.endsAtMs + 1 })).toBe(id)
  const other = silences.set({ ...known, matcherSets: [[on('=', 'b', '2')]] })
  expect(other).not.toBe(id)
  expect(silenceState(silences.get(id) as SilenceInput, clock.now())).toBe('expired')

  const pending = silences.set(input(clock, { startsAtMs: clock.now() + 5000 }))
  const later = { ...input(clock), id: pending, startsAtMs: clock.now() + 9000 }
  expect(silences.set(later)).toBe(pending)
  expect(() => silences.set({ ...later, id: 'nope' })).toThrow('silence not found')
  expect(() => silences.expire('nope')).toThrow('silence not found')
})

test('expiring a pending silence ends it before it began, and again changes nothing', async () => {
  const { clock, silences } = setUp()
  const id = silences.set(input(clock, { startsAtMs: clock.now() + 5000 }))
  silences.expire(id)
  const expired = silences.get(id)
  expect([expired?.startsAtMs, expired?.endsAtMs]).toEqual([clock.now(), clock.now()])
  await clock.advance(10)
  silences.expire(id)
  expect(silences.get(id)).toBe(expired)
})

test('broken silences are refused with the reason', () => {
  const { clock, silences } = setUp({ sizeMaxBytes: 400 })
  const f = (fields: Partial<SilenceInput>, text: string) =>
    expect(() => silences.set(input(clock, fields))).toThrow(text)
  f({ matcherSets: [[]] }, 'invalid silence: matcher set 0: at least one matcher required')
  f(
    { matcherSets: [[on('=', '', 'x')]] },
    'invalid silence: invalid label matcher 0 in set 0: invalid label name ""',
  )
  f(
    { matcherSets: [[on('=', 'a', '')]] },
    'invalid silence: matcher set 0: at least one matcher must not match the empty string',
  )
  f(
    { matcherSets: [[on('=~', 'a', '.*')]] },
    'invalid silence: matcher set 0: at least one matcher must not match the empty string',
  )
  f({ matcherSets: [[on('=~', 'a', '(')]] }, 'missing closing )')
  f({ endsAtMs: 1 }, 'invalid silence: end time must not be before start time')
  f({ comment: 'x'.repeat(400) }, 'silence exceeded maximum size: ')
  expect([...silences.all()]).toEqual([])
})

test.each(['!=', '!~'] as const)('a silence may be of nothing but what it excludes: %s', (type) => {
  const { clock, silences } = setUp()
  const id = silences.set(input(clock, { matcherSets: [[on(type, 'env', 'prod')]] }))
  expect(silences.get(id)).toBeDefined()
})

test('the number of silences is limited, expired ones included', () => {
  const { clock, silences } = setUp({ silencesMax: 1 })
  silences.expire(silences.set(input(clock)))
  expect(() => silences.set(input(clock))).toThrow(
    'exceeded maximum number of silences: 1 (limit: 1)',
  )
})

test('every change is on disk at once, and survives the program being killed', () => {
  const { clock, files, silences, create } = setUp()
  const id = silences.set(input(clock))
  const gone = silences.set(input(clock, { comment: 'other' }))
  silences.expire(gone)
  expect(files.syncs).toBe(3)
  const restarted = create()
  restarted.load()
  expect(restarted.get(id)).toEqual(silences.get(id))
  expect(restarted.get(gone)).toEqual(silences.get(gone))
})

test('a file cut short within its last entry loses only that entry', () => {
  const { clock, files, silences, create } = setUp()
  const id = silences.set(input(clock))
  silences.set(input(clock, { comment: 'torn' }))
  const content = files.readSync('data/silences')
  files.replaceSync('data/silences', content.subarray(0, content.length - 3))
  const restarted = create()
  restarted.load()
  expect([...restarted.all()].map((silence) => silence.id)).toEqual([id])
  const again = create()
  again.load()
  expect([...again.all()]).toHaveLength(1)
})

test('what is cut off the end of a file is kept beside it', () => {
  const { clock, files, silences, create } = setUp()
  silences.set(input(clock))
  const content = files.readSync('data/silences')
  files.replaceSync('data/silences', content.subarray(0, content.length - 3))
  create().load()
  expect(files.readSync('data/silences.torn')).toEqual(content.subarray(0, content.length - 3))
})

test('a damaged length before other entries stops the start and leaves the file as it is', () => {
  const { clock, files, silences, create } = setUp()
  silences.set(input(clock))
  const first = files.readSync('data/silences').length
  for (const comment of ['second', 'third']) silences.set(input(clock, { comment }))
  const damaged = files.readSync('data/silences').slice()
  damaged.set([0xff, 0xff, 0xff, 0x7f], first)
  files.replaceSync('data/silences', damaged)
  expect(() => create().load()).toThrow(`the entry at byte ${first} is damaged`)
  expect(files.readSync('data/silences')).toEqual(damaged)
})

test('maintenance drops silences past their retention and rewrites the file', async () => {
  const { clock, files, silences } = setUp()
  silences.set(input(clock))
  const before = files.readSync('data/silences').length
  silences.maintain()
  expect(files.readSync('data/silences').length).toBe(before)
  await clock.advance(122 * HOUR_MS)
  silences.maintain()
  expect(files.readSync('data/silences').length).toBe(0)
  expect([...silences.all()]).toEqual([])
})

test('instances that exchange their changes agree, whatever the order', () => {
  const { clock, silences } = setUp()
  const { silences: other } = setUp({ files: new MemoryFiles() })
  const messages: Uint8Array[] = []
  silences.onChange((message) => messages.push(message))
  const id = silences.set(input(clock))
  const known = silences.get(id) as SilenceInput
  silences.set({ ...known, endsAtMs: known.endsAtMs + 5 })
  silences.expire(silences.set(input(clock, { comment: 'b' })))
  for (const message of messages) other.merge(message)
  expect(other.merge(messages[0] as Uint8Array)).toBe(0)
  expect(other.encodeAll()).toEqual(silences.encodeAll())
  expect(() => other.merge(Uint8Array.from([1, 2, 3, 200, 200]))).toThrow()
})
