import * as layout from './exposition-layout.ts'
import * as twin from './exposition-match.ts'
import { createKernelMemory, instantiateKernels, KERNEL_DATA_BYTES } from './kernels.ts'

const { ENTRY, MATCH, MISS } = layout
const AT = {
  template: 0x10_0000,
  newTemplate: 0x20_0000,
  refs: 0x30_0000,
  values: 0x40_0000,
  times: 0x50_0000,
  misses: 0x60_0000,
  absent: 0x70_0000,
  body: 0x80_0000,
} as const

interface Outcome {
  readonly ok: number
  readonly rows: readonly (readonly [ref: number, value: number, time: number])[]
  readonly misses: readonly (readonly number[])[]
  readonly absent: readonly number[]
  readonly counts: readonly number[]
  readonly refsOfLines: readonly number[]
}

/** Either implementation over a memory of its own. The caller's part (filling gaps) is done as simply as it can be. */
class Subject {
  readonly base: number
  readonly buffer: ArrayBufferLike
  readonly bytes: Buffer
  readonly view: DataView
  readonly match: (control: number) => number
  readonly write: (entry: number, at: number, length: number, ref: number, flags: number) => void
  lines = 0
  readonly #refs: Map<string, number>

  constructor(isKernel: boolean, refs: Map<string, number>) {
    this.#refs = refs
    const control = KERNEL_DATA_BYTES
    this.base = control
    const seed = control + MATCH.seed
    if (isKernel) {
      const { memory, exports } = instantiateKernels(createKernelMemory(16 << 20))
      this.buffer = memory.buffer
      this.match = exports.matchExposition
      this.write = (entry, at, length, ref, flags) =>
        exports.writeEntry(entry, at, length, ref, flags, seed)
    } else {
      this.buffer = new ArrayBuffer(16 << 20)
      this.match = (at) => twin.matchExposition(this.buffer, at)
      this.write = (entry, at, length, ref, flags) =>
        twin.writeEntry(this.buffer, entry, { at, length }, ref, flags, seed)
    }
    this.bytes = Buffer.from(this.buffer)
    this.view = new DataView(this.buffer)
    this.view.setBigUint64(seed, 0x1234_5678_9abc_def0n, true)
    this.view.setBigUint64(seed + 8, 0xfedc_ba98_7654_3210n, true)
  }

  at(region: keyof typeof AT): number {
    return this.base + AT[region]
  }

  run(text: string, options = 0, linesMax = 10_000): Outcome {
    const set = (offset: number, value: number) =>
      this.view.setUint32(this.base + offset, value, true)
    const length = this.bytes.write(text, this.at('body'))
    set(MATCH.body, this.at('body'))
    set(MATCH.bodyEnd, this.at('body') + length)
    set(MATCH.template, this.at('template'))
    set(MATCH.templateCount, this.lines)
    set(MATCH.newTemplate, this.at('newTemplate'))
    set(MATCH.refs, this.at('refs'))
    set(MATCH.values, this.at('values'))
    set(MATCH.times, this.at('times'))
    set(MATCH.misses, this.at('misses'))
    set(MATCH.absent, this.at('absent'))
    set(MATCH.linesMax, linesMax)
    set(MATCH.options, options)
    this.view.setFloat64(this.base + MATCH.time, 1000, true)
    const ok = this.match(this.base)
    const outcome = this.#read(ok)
    if (ok === 1) this.#adopt(outcome)
    return outcome
  }

  #read(ok: number): Outcome {
    const u32 = (at: number) => this.view.getUint32(at, true)
    const out = (offset: number) => u32(this.base + offset)
    const isChanged = out(MATCH.isChanged)
    const list = <T>(count: number, read: (i: number) => T) =>
      Array.from({ length: count }, (_, i) => read(i))
    const template = this.at(isChanged ? 'newTemplate' : 'template')
    return {
      ok,
      rows: list(out(MATCH.rows), (i) => [
        u32(this.at('refs') + i * 4),
        this.view.getFloat64(this.at('values') + i * 8, true),
        // Nobody looks at times before some row has one of its own.
        out(MATCH.timedRows) > 0 ? this.view.getFloat64(this.at('times') + i * 8, true) : 0,
      ]),
      misses: list(out(MATCH.missCount), (i) =>
        list(6, (k) => u32(this.at('misses') + i * MISS.sizeBytes + k * 4)),
      ),
      absent: list(out(MATCH.absentCount), (i) => u32(this.at('absent') + i * 4)),
      counts: [out(MATCH.lines), out(MATCH.dropped), out(MATCH.timedRows), isChanged],
      refsOfLines: list(out(MATCH.lines), (i) => u32(template + i * ENTRY.sizeBytes + ENTRY.ref)),
    }
  }

  /** Fills the gaps of the new template and makes it the current one. */
  #adopt({ misses, counts }: Outcome): void {
    const [lines, , , isChanged] = counts as [number, number, number, number]
    if (isChanged) {
      const bytes = lines * ENTRY.sizeBytes
      this.bytes.copy(
        this.bytes,
        this.at('template'),
        this.at('newTemplate'),
        this.at('newTemplate') + bytes,
      )
    }
    this.lines = lines
    for (const [kind, start, end, line] of misses as [number, number, number, number][]) {
      if (kind === layout.MISS_NUMBER) continue
      const entry = this.at('template') + line * ENTRY.sizeBytes
      const text = this.bytes.toString('latin1', start, end)
      const sample = /^((?:[a-z_]+(?:\{[\s\S]*\})?)[ \t]*)([^ \t\n]+)([ \t]+[0-9]+)?[ \t]*\n$/.exec(
        text,
      )
      if (!sample || text.trimStart().startsWith('#')) {
        this.write(entry, start, end - start, 0, layout.ENTRY_COMMENT)
        continue
      }
      const series = (sample[1] as string).trimEnd()
      if (!this.#refs.has(series)) this.#refs.set(series, this.#refs.size + 1)
      const ref = series.startsWith('drop') ? 0 : (this.#refs.get(series) as number)
      const flags = sample[3] === undefined ? 0 : layout.ENTRY_TIMED
      this.write(entry, start, (sample[1] as string).length, ref, flags)
    }
  }
}

test('a body after itself matches line by line', () => {
  const subject = new Subject(true, new Map())
  const body = (n: number) =>
    `# HELP a x\n# TYPE a counter\na{x="1"} ${n}\na{x="2"} -0.5\n\nb 1e3 77\ndrop_me 3\nc +Inf\nd NaN\n`
  const first = subject.run(body(1))
  expect(first.misses.length).toBe(9)
  expect(first.rows).toEqual([])
  const second = subject.run(body(2))
  expect(second.misses).toEqual([])
  expect(second.absent).toEqual([])
  expect(second.rows).toEqual([
    [1, 2, 1000],
    [2, -0.5, 1000],
    [3, 1000, 77],
    [5, Infinity, 1000],
    [6, Number.NaN, 1000],
  ])
  expect(second.counts).toEqual([9, 1, 1, 0])
})

test('lines that vanish are reported, lines that appear are misses, the rest still matches', () => {
  const subject = new Subject(true, new Map())
  const line = (i: number) => `m{i="${i}"} ${i}\n`
  const all = Array.from({ length: 50 }, (_, i) => i)
  subject.run(all.map(line).join(''))
  const kept = all.filter((i) => i % 10 !== 3)
  const gone = subject.run(kept.map(line).join(''))
  expect(gone.absent).toEqual([4, 14, 24, 34, 44])
  expect(gone.misses).toEqual([])
  const back = subject.run(all.map(line).join(''))
  expect(back.absent).toEqual([])
  expect(back.misses.length).toBe(5)
  expect(back.rows.length).toBe(45)
})

test('a series that became longer by a digit is another series', () => {
  const subject = new Subject(true, new Map())
  subject.run('a 1\nb{x="1"}2\n')
  const outcome = subject.run('a1 1\nb{x="1"} 2\n')
  expect(outcome.rows).toEqual([])
  expect(outcome.misses.length).toBe(2)
})

test('too many lines are refused', () => {
  const subject = new Subject(true, new Map())
  expect(subject.run('a 1\n'.repeat(11), 0, 10).ok).toBe(0)
  expect(subject.run('a 1\n'.repeat(10), 0, 10).ok).toBe(1)
})

test('the kernel and its twin agree on changing, hostile bodies', () => {
  let state = 42
  const random = (below: number) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return (state >>> 8) % below
  }
  const pick = <T>(items: readonly T[]) => items[random(items.length)] as T
  const numbers = [
    '1',
    '0',
    '-0',
    '+5',
    '.5',
    '5.',
    '1e3',
    '1E-22',
    '1e22',
    '1e23',
    '123456789012345678',
    '9007199254740993',
    '0.1',
    '1.7976931348623157e308',
    '12345678901234567890',
    'NaN',
    'Inf',
    '-Inf',
    '+Inf',
    'nan',
    'infinity',
    '-',
    '.',
    'e5',
    '1e',
    '1e+',
    '0x1',
    '1_0',
    '',
    '1.2.3',
    '--1',
    '5e-324',
    '1 77',
    '1\t88 ',
    '1 -5',
    '1 # {a="b"} 3',
    '1\r',
    '-NaN',
    '1  ',
    '1 1234567890123456',
    '٣',
  ]
  const values = [
    '',
    'x',
    '1',
    '\\"',
    '\\\\',
    'a\nb',
    ' } ',
    '#',
    'long value with some length to it, 32 bytes',
  ]
  const sample = () =>
    `${pick(['a', 'b', 'cc', 'drop_x', 'metric_name'])}${pick(['', `{x="${pick(values)}"}`, `{x="${random(30)}",y="${pick(values)}"}`])}${pick([' ', ' ', ' ', '  ', '\t', ''])}${pick(numbers)}\n`
  const other = () =>
    pick(['\n', '# TYPE a counter\n', '# HELP b x\n', ' # TYPE q gauge\n', '#\n', '"x\n'])
  const make = () => (random(5) === 0 ? other() : sample())

  for (let round = 0; round < 60; round++) {
    const refs = new Map<string, number>()
    const kernel = new Subject(true, refs)
    const plain = new Subject(false, refs)
    let lines = Array.from({ length: random(120) }, make)
    for (let step = 0; step < 6; step++) {
      const options = random(4)
      const body = lines.join('')
      const expected = plain.run(body, options)
      const got = kernel.run(body, options)
      expect(got).toEqual(expected)
      lines = lines.flatMap((line) => {
        const dice = random(40)
        if (dice === 0) return []
        if (dice === 1) return [line, make()]
        if (dice === 2) return [make()]
        return [line.replace(/ [0-9]+\n$/, ` ${random(1000)}\n`)]
      })
      if (random(10) === 0) lines.reverse()
    }
  }
})
