import type { FloatHistogram, Histogram } from '@prom/histogram'
import {
  adapt,
  decodeHistograms,
  encodingOf,
  firstFlags,
  fitHistogram,
  HistogramEncoder,
  toFloatHistogram,
} from './index.ts'

const int = (over: Partial<Histogram> = {}): Histogram => ({
  kind: 'int',
  counterResetHint: 'unknown',
  schema: 1,
  zeroThreshold: 0.001,
  zeroCount: 2,
  count: 9,
  sum: 18.4,
  positiveSpans: [
    { offset: 0, length: 2 },
    { offset: 1, length: 1 },
  ],
  negativeSpans: [],
  positiveDeltas: [1, 2, -2],
  negativeDeltas: [],
  customValues: [],
  ...over,
})

describe('histogram chunks', () => {
  test('samples come back, stale markers too, for both encodings', () => {
    for (const convert of [(h: Histogram) => h, toFloatHistogram]) {
      const samples = [
        convert(int()),
        convert(int({ count: 12, positiveDeltas: [2, 3, -4], sum: 20 })),
        convert(int({ count: 15, positiveDeltas: [3, 4, -6], sum: -1e300 })),
      ]
      const encoder = new HistogramEncoder(encodingOf(samples[0]!), samples[0], 0x80)
      samples.forEach((histogram, i) => {
        encoder.append(1000 + i * 15, histogram)
      })
      encoder.append(2000, undefined)
      const decoded = decodeHistograms(encoder.encoding, encoder.bytes())!
      expect(decoded.map(({ timeMs }) => timeMs)).toEqual([1000, 1015, 1030, 2000])
      samples.forEach((histogram, i) => {
        const counterResetHint = i === 0 ? 'unknown' : 'not_reset'
        expect(decoded[i]!.histogram).toEqual({ ...histogram, counterResetHint })
      })
      expect(decoded[3]!.histogram).toBeUndefined()
    }
  })

  test('chunks with start times hold the same samples', () => {
    const encoder = new HistogramEncoder(2, int(), 0x40)
    for (let i = 0; i < 5; i++) encoder.append(1000 + i * 15, int({ count: 9 + i }))
    const plain = encoder.bytes().slice()
    // The flags move above the count; their byte then says that no sample has a start time.
    const started = plain.slice()
    started[0] = plain[0]! | plain[2]!
    started[2] = 0
    expect(decodeHistograms(5, started)).toEqual(decodeHistograms(2, plain))
    expect(decodeHistograms(5, started)![4]!.startMs).toBe(0)
  })

  test('damaged bytes are noticed and never read past the end', () => {
    const encoder = new HistogramEncoder(2, int(), 0)
    for (let i = 0; i < 20; i++) encoder.append(i, int({ count: 9 + i }))
    const bytes = encoder.bytes().slice()
    for (let end = 0; end < bytes.length; end++) {
      expect(decodeHistograms(2, bytes.subarray(0, end))).toBeUndefined()
    }
    for (let at = 2; at < bytes.length; at++) {
      const bad = bytes.slice()
      bad[at] = bad[at]! ^ 0xff
      decodeHistograms(2, bad)
      decodeHistograms(3, bad)
    }
  })

  test('what fits a chunk and what starts a new one', () => {
    const base = int()
    const f = (next: Histogram | FloatHistogram | undefined, kind: string, flags?: number) => {
      const fit = fitHistogram(base, 0, base, next)
      expect(fit.kind).toBe(kind)
      if (fit.kind === 'cut') expect(fit.flags).toBe(flags)
    }
    f(int({ count: 10 }), 'append')
    f(undefined, 'append')
    f(int({ count: 8 }), 'cut', 0x80)
    f(int({ zeroCount: 1 }), 'cut', 0x80)
    f(int({ schema: 2 }), 'cut', 0)
    f(int({ zeroThreshold: 0.01 }), 'cut', 0)
    f(int({ counterResetHint: 'reset' }), 'cut', 0x80)
    f(int({ counterResetHint: 'gauge' }), 'cut', 0xc0)
    f(int({ positiveDeltas: [1, 1, -1] }), 'cut', 0x80) // A bucket went down.
    f(int({ positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [1, 2] }), 'cut', 0x80) // One is gone.
    f(
      int({ positiveSpans: [{ offset: 0, length: 4 }], positiveDeltas: [1, 2, 0, -2], count: 12 }),
      'recode',
    )
    expect(fitHistogram(base, 0, undefined, int())).toEqual({ kind: 'cut', flags: 0 })
    expect(firstFlags(int({ counterResetHint: 'gauge' }))).toBe(0xc0)
  })

  test('a missing bucket that was empty is filled in, a wider layout takes old samples', () => {
    const empty = int({ positiveDeltas: [1, 2, -3] })
    const next = int({ positiveSpans: [{ offset: 0, length: 2 }], positiveDeltas: [4, 0] })
    const fit = fitHistogram(empty, 0, empty, next)
    expect(fit).toMatchObject({ kind: 'append', histogram: { positiveDeltas: [4, 0, -4] } })
    const wide = { ...int(), positiveSpans: [{ offset: -1, length: 5 }] }
    expect(adapt(int(), wide)).toMatchObject({ positiveDeltas: [0, 1, 2, -3, 1] })
    expect(toFloatHistogram(int()).positiveBuckets).toEqual([1, 3, 1])
  })
})
