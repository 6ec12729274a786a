import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toFloatHistogram } from '@prom/chunks'
import type { FloatHistogram, Histogram } from '@prom/histogram'
import { Labels, Matcher } from '@prom/labels'
import { createFiles } from '@prom/runtime/node'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import { attachTsdbReader, openTsdb, type Tsdb } from './index.ts'

const HOUR = 3600_000
const START = 1_699_992_000_000
const files = createFiles()
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsdb-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(): Tsdb {
  const deps = { files, clock: new FakeClock(), random: seededRandom(5), log: recordLog() }
  return openTsdb({ dir, memoryBytes: 96 << 20 }, deps)
}

/** Rows of the one series: a number, 'stale', or the histogram without its hint and empty buckets. */
function dump(db: Tsdb): unknown[] {
  const reader = attachTsdbReader({ memory: db.memory, dir, readerIndex: 0 }, { files })
  const querier = reader.querier(0, Infinity)
  const set = querier.select([new Matcher('=', '__name__', 'h')], { mint: 0, maxt: Infinity })
  const { times, values, start, end, histograms } = set.samples(0)
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const rows: unknown[] = []
  for (let i = start; i < end; i++) {
    const histogram = histograms?.[i]
    const isStale = words[i * 2] === 2 && words[i * 2 + 1] === 0x7ff00000
    rows.push([times[i], histogram ? plain(histogram) : isStale ? 'stale' : values[i]])
  }
  querier.close()
  reader.close()
  return rows
}

function plain(h: FloatHistogram) {
  const filled: Record<string, number> = {}
  let index = 0
  let at = 0
  for (const { offset, length } of h.positiveSpans) {
    index += offset
    for (let i = 0; i < length; i++, index++, at++) {
      if (h.positiveBuckets[at] !== 0) filled[index] = h.positiveBuckets[at]!
    }
  }
  return { schema: h.schema, count: h.count, sum: h.sum, filled, custom: h.customValues }
}

function observe(counts: readonly number[], over: Partial<Histogram> = {}): Histogram {
  const count = counts.reduce((a, b) => a + b, 0)
  return {
    kind: 'int',
    counterResetHint: 'unknown',
    schema: 1,
    zeroThreshold: 0.001,
    zeroCount: 0,
    count,
    sum: count * 1.5,
    positiveSpans: [{ offset: 0, length: counts.length }],
    negativeSpans: [],
    positiveDeltas: counts.map((c, i) => c - (counts[i - 1] ?? 0)),
    negativeDeltas: [],
    customValues: [],
    ...over,
  }
}

describe('histograms in the head', () => {
  const labels = Labels.from({ __name__: 'h' })

  test('a random walk of kinds, new buckets, resets and stale markers comes back, from head, log and block', () => {
    for (let seed = 1; seed <= 8; seed++) {
      rmSync(dir, { recursive: true, force: true })
      const random = seededRandom(seed * 13)
      let db = open()
      const expected: unknown[] = []
      let counts = [1]
      let time = START
      let isFloatKind = false
      for (let step = 0; step < 700; step++) {
        time += 15_000
        const appender = db.appender()
        const choice = random.next()
        if (choice < 0.02) {
          appender.appendStale(0, labels, time)
          expected.push([time, 'stale'])
        } else if (choice < 0.03) {
          appender.append(0, labels, time, step)
          expected.push([time, step])
        } else {
          if (choice < 0.04) isFloatKind = !isFloatKind
          if (choice < 0.06) counts = [1]
          else if (choice < 0.09 && counts.length < 40) counts = [...counts, 1]
          counts = counts.map((c) => c + Math.floor(random.next() * 5))
          const custom = seed % 4 === 0
          const h = observe(counts, {
            counterResetHint: seed % 3 === 0 ? 'gauge' : 'unknown',
            ...(custom && {
              schema: -53,
              zeroThreshold: 0,
              customValues: counts.map((_, i) => i + 0.5),
            }),
          })
          const row = isFloatKind ? toFloatHistogram(h) : h
          appender.appendHistogram(0, labels, time, row)
          expected.push([time, plain(toFloatHistogram(h))])
        }
        expect(appender.commit().samples).toBe(1)
        if (step === 350) {
          db.close()
          db = open()
        }
        if (step === 600) expect({ seed, rows: dump(db) }).toEqual({ seed, rows: expected })
      }
      time += 5 * HOUR
      const late = db.appender()
      late.append(0, Labels.from({ __name__: 'other' }), time, 1)
      late.commit()
      db.tick()
      expect({ seed, rows: dump(db) }).toEqual({ seed, rows: expected })
      expect(files.listSync(dir).filter((name) => name.length === 26).length).toBeGreaterThan(0)
      db.close()
      const again = open()
      expect({ seed, rows: dump(again) }).toEqual({ seed, rows: expected })
      again.close()
    }
  })

  test('refuses what cannot be', () => {
    const db = open()
    const f = (h: Histogram | FloatHistogram, text: string) => {
      expect(() => db.appender().appendHistogram(0, labels, START, h)).toThrow(text)
    }
    f(observe([1], { count: 5 }), '1 observations found in buckets, but the Count field is 5')
    f(
      observe([1], { positiveSpans: [{ offset: 0, length: 3 }] }),
      'positive side: spans need 3 buckets, have 1 buckets',
    )
    f(observe([1], { schema: 60 }), 'got schema 60')
    f(
      observe([1, 1], { schema: -53, zeroThreshold: 0, customValues: [2, 1] }),
      'strictly increasing order',
    )
    const appender = db.appender()
    appender.appendHistogram(0, labels, START, observe([1]))
    appender.commit()
    f(observe([2]), 'duplicate sample for timestamp')
    expect(() => db.appender().append(0, labels, START, 2)).toThrow(
      `duplicate sample for timestamp ${START}; overrides not allowed: existing is a histogram, new value 2`,
    )
    db.close()
  })

  test('a stale marker of a scrape ends a histogram series as a histogram', () => {
    const db = open()
    const appender = db.appender()
    appender.appendHistogram(0, labels, START, observe([1, 2]))
    appender.commit()
    const { head } = db
    head.batch.refs[0] = head.resolve(labels)
    head.batch.setStale(0)
    expect(head.appendColumns(1, START + 1)).toMatchObject({ samples: 1, refused: 0 })
    expect(dump(db).map((row) => (row as unknown[])[1])).toEqual([
      plain(toFloatHistogram(observe([1, 2]))),
      'stale',
    ])
    expect(db.facts().chunks).toBe(1)
    db.close()
  })
})
