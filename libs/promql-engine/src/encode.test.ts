import { Labels } from '@prom/labels'
import type { PieceSink } from './byte-writer.ts'
import { encodeLabelSets, encodeValue, giveBack, type QueryValue } from './index.ts'

type Vector = Extract<QueryValue, { type: 'vector' }>

const text = (pieces: readonly Uint8Array[]) => Buffer.concat(pieces).toString()

function vector(all: readonly (readonly [Record<string, string>, number])[]): Vector {
  const samples = all.map(([labels, value]) => ({
    labels: Labels.from(labels),
    value,
    histogram: undefined,
  }))
  return { type: 'vector', timeMs: 1500, samples }
}

test('rows of a vector have their labels and values, whatever they are', () => {
  const f = (labels: Record<string, string>, value: number, expected: string) => {
    const json = text(encodeValue(vector([[labels, value]])))
    expect(json).toBe(`{"resultType":"vector","result":[${expected}]}`)
  }
  f({}, 1, '{"metric":{},"value":[1.500,"1"]}')
  f({ a: 'b' }, -0, '{"metric":{"a":"b"},"value":[1.500,"-0"]}')
  f({ a: 'é<"', b: '\n' }, NaN, '{"metric":{"a":"é\\u003c\\"","b":"\\n"},"value":[1.500,"NaN"]}')
  f({ a: 'x'.repeat(100) }, 1e-7, `{"metric":{"a":"${'x'.repeat(100)}"},"value":[1.500,"1e-07"]}`)
  const long = 'ü'.repeat(300_000)
  f({ long }, 0.1, `{"metric":{"long":"${long}"},"value":[1.500,"0.1"]}`)
  expect(text(encodeValue(vector([])))).toBe('{"resultType":"vector","result":[]}')
})

test('texts of more labels than there is room for are made again', () => {
  const filler = 'y'.repeat(2000)
  const all = vector(
    Array.from({ length: 6000 }, (_, i) => [{ a: `${i}`, b: filler }, i / 7] as const),
  )
  for (let round = 0; round < 2; round++) {
    const { result } = JSON.parse(text(encodeValue(all)))
    const expected = all.samples.map(({ labels, value }) => ({
      metric: labels.toObject(),
      value: [1.5, String(value)],
    }))
    expect(result).toEqual(expected)
  }
})

function recordSink(isGivenBack: boolean) {
  const kinds: string[] = []
  const pieces: Uint8Array[] = []
  const held: (() => void)[] = []
  const sink: PieceSink = {
    shared(buffer, at, length, word) {
      kinds.push('shared')
      pieces.push(new Uint8Array(buffer, at, length).slice())
      if (isGivenBack) giveBack(buffer, word)
      else held.push(() => giveBack(buffer, word))
    },
    own(bytes) {
      kinds.push('own')
      pieces.push(bytes)
    },
  }
  return { kinds, pieces, sink, release: () => held.forEach((give) => void give()) }
}

test('pieces of a long answer go to the sink, and are used again once they are given back', () => {
  const times = Float64Array.from({ length: 5000 }, (_, i) => i * 1000)
  const series = Array.from({ length: 100 }, (_, k) => ({
    labels: Labels.from({ k: `${k}` }),
    times,
    values: times.map((_, i) => (i % 3 === 0 ? k : i / 7)),
    histograms: undefined,
  }))
  const value: QueryValue = { type: 'matrix', series }
  const whole = text(encodeValue(value))
  expect(JSON.parse(whole).result[99].values[4999]).toEqual([4999, `${4999 / 7}`])

  const fast = recordSink(true)
  expect(encodeValue(value, { sink: fast.sink })).toEqual([])
  expect(text(fast.pieces)).toBe(whole)
  expect(new Set(fast.kinds)).toEqual(new Set(['shared']))

  const slow = recordSink(false)
  const taken: number[] = []
  const onPiece = (bytes: number) => taken.push(bytes)
  expect(encodeValue(value, { sink: slow.sink, onPiece })).toEqual([])
  expect(text(slow.pieces)).toBe(whole)
  expect(slow.kinds.lastIndexOf('shared')).toBe(slow.kinds.indexOf('own') - 1)
  // What has been given back costs nothing, copies do.
  expect(taken.map((bytes) => (bytes === 0 ? 'shared' : 'own'))).toEqual(slow.kinds)
  slow.release()
})

test('a short answer is given at once, and a sink that fails ends the work', () => {
  const { sink, kinds } = recordSink(true)
  expect(text(encodeValue(vector([[{ a: 'b' }, 1]]), { sink }))).toMatch(/^\{"resultType"/)
  expect(kinds).toEqual([])
  const labels = { a: 'z'.repeat(100_000) }
  const all = vector(Array.from({ length: 50 }, (_, i) => [labels, i] as const))
  const stop = () => {
    throw new Error('stopped')
  }
  for (let i = 0; i < 50; i++) {
    expect(() => encodeValue(all, { sink, onPiece: stop })).toThrow('stopped')
  }
})

test('series are listed by the numbers of their pairs, whatever those mean', () => {
  const names = ['a', 'b"', 'é']
  const pairsOf = (index: number) => names.map((name, k) => [name, `${index % (k + 2)}`] as const)
  const known = new Map<string, number>()
  const texts: (readonly [string, string])[] = []
  const numberOf = (pair: readonly [string, string]) => {
    const key = pair.join('\0')
    const number = known.get(key) ?? known.size + 1
    if (!known.has(key)) texts[number] = pair
    known.set(key, number)
    return number * 8
  }
  const labels = (index: number) => Labels.from(pairsOf(index))
  const expected = (length: number) => Array.from({ length }, (_, i) => labels(i).toObject())
  const list = (length: number, scope: object) => ({
    length,
    labels,
    pairs: {
      scope,
      of: (index: number, into: Uint32Array) => {
        // Every tenth one has to be printed from its labels.
        if (index % 10 === 9) return -1
        pairsOf(index).forEach((pair, k) => void (into[k] = numberOf(pair)))
        return names.length
      },
      text: (pair: number) => texts[pair / 8] as readonly [string, string],
    },
  })
  const scope = {}
  for (const length of [0, 1, 5000]) {
    const json = text(encodeLabelSets(list(length, scope)))
    expect(JSON.parse(json)).toEqual(expected(length))
  }
  // The same numbers, of something else.
  texts.forEach(([name], number) => void (texts[number] = [name, 'x']))
  const [first] = JSON.parse(text(encodeLabelSets(list(1, {}))))
  expect(Object.values(first)).toEqual(['x', 'x', 'x'])
})

test('more pairs than there is room for are printed all the same', () => {
  const value = 'v'.repeat(3000)
  const all = Array.from({ length: 4000 }, (_, i) => Labels.from({ a: `${i}${value}`, b: 'c' }))
  const pairs = {
    scope: {},
    of: (index: number, into: Uint32Array) => {
      into[0] = index * 8 + 8
      return 1
    },
    text: (pair: number) => ['a', `${pair / 8 - 1}${value}`] as const,
  }
  const parsed = JSON.parse(
    text(encodeLabelSets({ length: all.length, labels: (i) => all[i] as Labels, pairs })),
  )
  expect(parsed.map(({ a }: { a: string }) => a)).toEqual(all.map((labels) => labels.get('a')))
})
