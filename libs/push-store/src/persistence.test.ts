import { encodeFamily } from '@prom/exposition'
import { atOnce } from '@prom/runtime'
import { FakeClock, MemoryFiles, recordLog, settlePromises } from '@prom/testkit'
import { decodeGroups, encodeGroups } from './gob-format.ts'
import type { Group } from './group.ts'
import { Persistence, PushStore, readText, unpackFamily } from './index.ts'
import { scanFamily } from './scan-family.ts'

const FILE = '/data/metrics'

function createAll(files = new MemoryFiles()) {
  const clock = new FakeClock(1_700_000_000_123)
  const log = recordLog()
  const store = new PushStore({ clock, log, own: () => [] })
  const persistence = new Persistence(
    { file: FILE, intervalMs: 60_000 },
    { store, clock, log, files },
  )
  const push = (job: string, text: string) =>
    store.push(
      { content: atOnce(readText(Buffer.from(text), ['job', job])), isReplacing: false },
      true,
    )
  return { clock, log, store, persistence, push, files }
}

const encode = (groups: Iterable<Group>) => Buffer.concat(atOnce(encodeGroups(groups)))

/** A group as values: what it holds, not where its bytes lie. */
const describeGroup = ({ labels, families }: ReturnType<typeof decodeGroups>[number]) => ({
  labels,
  families: families.map(({ packed, timeMs }) => ({ family: unpackFamily(packed), timeMs })),
})

const BODY = `# HELP h A histogram.
# TYPE h histogram
h_bucket{le="1"} 1
h_sum 2
h_count 3
# TYPE s summary
s{quantile="0.5"} 3
s_sum 1
s_count 2
# TYPE c counter
c{l="ü\\n"} 4
`

test('what is written is read back', () => {
  const { store, push } = createAll()
  push('a', BODY)
  push('ÿ', 'x 1\n')
  const groups = decodeGroups(encode(store.groups()))
  expect(groups.map(describeGroup)).toEqual(
    [...store.groups()].map(({ labels, families }) =>
      describeGroup({ labels, families: [...families.values()] }),
    ),
  )
})

test('families that are written in another way than ours are read all the same', () => {
  const { store, push } = createAll()
  push('a', BODY)
  const bytes = encode(store.groups())
  for (const [name, { packed }] of [...store.groups()][0]?.families ?? []) {
    const message = Buffer.from(packed.bytes.subarray(packed.start, packed.end))
    // As exposition encodes it, byte for byte: then the same family may also be scanned in place.
    expect([name, Buffer.compare(encodeFamily(unpackFamily(packed)), message)]).toEqual([name, 0])
    expect(scanFamily(message, 0, message.length)).toMatchObject({
      name,
      count: packed.count,
      isSorted: true,
    })
    const longer = Buffer.concat([message, Uint8Array.of(0x28, 1)])
    expect(scanFamily(longer, 0, longer.length)).toBeUndefined()
  }
  expect(decodeGroups(bytes)).toHaveLength(1)
})

test('a file is cut anywhere: an error, never a crash', () => {
  const { store, push } = createAll()
  push('a', BODY)
  const bytes = encode(store.groups())
  for (let size = 0; size < bytes.length; size++) {
    expect(() => decodeGroups(bytes.subarray(0, size))).toThrow()
  }
})

test('changes are written once per interval, and at the end', async () => {
  const { clock, persistence, push, files } = createAll()
  const stop = new AbortController()
  const running = persistence.run(stop.signal, () => {})
  push('a', 'x 1\n')
  await clock.advance(59_000)
  expect(files.contents.has(FILE)).toBe(false)
  await clock.advance(1000)
  expect(files.contents.has(FILE)).toBe(true)
  files.contents.clear()
  await clock.advance(120_000)
  expect(files.contents.has(FILE)).toBe(false)
  push('b', 'x 1\n')
  stop.abort()
  await settlePromises()
  await running
  const restored = createAll(files)
  restored.persistence.load()
  expect(restored.store.size).toBe(2)
})

test('no file is no error, a broken one is told and the gateway starts empty', () => {
  const none = createAll()
  none.persistence.load()
  expect(none.log.lines).toEqual([])
  const files = new MemoryFiles()
  files.replaceSync(FILE, 'nonsense')
  const broken = createAll(files)
  broken.persistence.load()
  expect(broken.log.lines.map(({ message }) => message)).toEqual([
    'could not load persisted metrics',
  ])
  expect(broken.store.size).toBe(0)
})
