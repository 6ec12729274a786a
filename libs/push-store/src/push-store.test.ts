import { decodeFamilies, encodeFamilies, writeText } from '@prom/exposition'
import { combineFamilies, type MetricFamily } from '@prom/metrics'
import { atOnce } from '@prom/runtime'
import { FakeClock, recordLog, seededRandom } from '@prom/testkit'
import {
  contentOf,
  PageText,
  PushStore,
  printProtobuf,
  readProtobuf,
  readText,
  unpackFamily,
  unpackPage,
} from './index.ts'

const contentFor = (labels: readonly string[], text: string) =>
  atOnce(readText(Buffer.from(text), labels))

const familiesOf = (store: PushStore) => atOnce(store.page()).families.map(unpackPage)
const errorsOf = (store: PushStore) => {
  const { errors } = atOnce(store.page())
  return errors.count === 0 ? undefined : errors.print()
}

function createStore(own: readonly MetricFamily[] = []) {
  const clock = new FakeClock(1_700_000_000_000)
  const store = new PushStore({ clock, log: recordLog(), own: () => own })
  const labelsOf = (path: string) =>
    path
      .split(',')
      .map((pair) => pair.split('='))
      .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
      .flat()
  const push = (path: string, text: string, isReplacing = false, isChecked = true) =>
    store.push({ content: contentFor(labelsOf(path), text), isReplacing }, isChecked)
  const page = () => {
    const lines: string[] = []
    for (const { name, points } of familiesOf(store)) {
      for (const { labels, value } of points) {
        const pairs = labels
          .map((text, i) => (i % 2 ? `"${text}"` : `${i ? ',' : ''}${text}=`))
          .join('')
        lines.push(`${name}{${pairs}} ${typeof value === 'number' ? value : JSON.stringify(value)}`)
      }
    }
    return lines.filter((line) => !line.startsWith('push_failure'))
  }
  return { store, clock, push, page, remove: (path: string) => store.remove(labelsOf(path)) }
}

test('a push gets the labels of its group and the time', () => {
  const { push, page } = createStore()
  expect(push('job=a,instance=i', 'x{job="other",l="1"} 1\n')).toBeUndefined()
  expect(page()).toEqual([
    'push_time_seconds{instance="i",job="a"} 1700000000',
    'x{instance="i",job="a",l="1"} 1',
  ])
})

test('a pushed time of the push, even twice, gives way to our own', () => {
  const { push, page } = createStore()
  expect(push('job=a', 'push_time_seconds 3\npush_time_seconds 5\n')).toBeUndefined()
  expect(page()).toEqual(['push_time_seconds{instance="",job="a"} 1700000000'])
})

test('POST replaces families by name, PUT the whole group, an empty PUT leaves the times', () => {
  const { push, page } = createStore()
  push('job=a', 'x 1\ny 1\n')
  push('job=a', 'x 2\n')
  expect(page().slice(1)).toEqual(['x{instance="",job="a"} 2', 'y{instance="",job="a"} 1'])
  push('job=a', 'z 3\n', true)
  expect(page().slice(1)).toEqual(['z{instance="",job="a"} 3'])
  push('job=a', '', true)
  expect(page()).toEqual(['push_time_seconds{instance="",job="a"} 1700000000'])
})

test('a deleted group is gone, one that never was is no error', () => {
  const { store, push, page, remove } = createStore()
  push('job=a', 'x 1\n')
  remove('job=a')
  remove('job=b')
  expect([store.size, page()]).toEqual([0, []])
})

test('a refused push leaves the group as it was and notes the time', () => {
  const { store, push, clock } = createStore()
  push('job=a', '# TYPE x gauge\nx 1\n')
  clock.advance(1000)
  expect(push('job=b', '# TYPE x counter\nx 1\n')).toBe(
    'collected metric "x" { label:{name:"instance"  value:""}  label:{name:"job"  value:"b"}  counter:{value:1}} is not a GAUGE',
  )
  const group = [...store.groups()].find(({ labels }) => labels[1] === 'b')
  expect([...(group?.families.keys() ?? [])].sort()).toEqual([
    'push_failure_time_seconds',
    'push_time_seconds',
  ])
  expect(familiesOf(store).find(({ name }) => name === 'push_time_seconds')?.points[1]?.value).toBe(
    0,
  )
})

describe('the check refuses', () => {
  const gauge: MetricFamily = {
    name: 'own',
    help: 'Own.',
    type: 'gauge',
    points: [{ labels: [], value: 1 }],
  }
  const cases: [
    name: string,
    before: [string, string][],
    path: string,
    text: string,
    error: string | RegExp,
  ][] = [
    ['timestamps', [], 'job=a', 'x 1 123\n', 'pushed metrics must not have timestamps'],
    [
      'the same sample twice',
      [],
      'job=a',
      'x 1\nx 2\n',
      /untyped:\{value:2\}\} was collected before/,
    ],
    [
      'a sample that becomes another of its own group',
      [],
      'job=a',
      'x{job="1"} 1\nx{job="2"} 1\n',
      /was collected before with the same name and label values/,
    ],
    [
      'a sample that a group with fewer labels has',
      [['job=a', 'x{l="1"} 1\n']],
      'job=a,l=1',
      'x 2\n',
      /was collected before/,
    ],
    [
      'a sample that a group with more labels has',
      [['job=a,l=1', 'x 1\n']],
      'job=a',
      'x{l="1"} 2\n',
      /was collected before/,
    ],
    [
      'a time of failure twice',
      [],
      'job=a',
      'push_failure_time_seconds 1\npush_failure_time_seconds 2\n',
      /was collected before/,
    ],
    [
      'another type than our own metric',
      [],
      'job=a',
      '# TYPE own counter\nown 1\n',
      'gathered metric family own has type COUNTER but should have GAUGE',
    ],
    [
      'the name of a part of a histogram',
      [['job=a', '# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n']],
      'job=b',
      'h_bucket 1\n',
      'collected metric named "h_bucket" collides with previously collected histogram named "h"',
    ],
    [
      'a summary whose parts are taken',
      [['job=a', 'q_sum 1\n']],
      'job=b',
      '# TYPE q summary\nq_sum 1\nq_count 1\n',
      'collected histogram or summary named "q" collides with previously collected metric named "q_sum"',
    ],
    [
      'two faults at once',
      [['job=a', '# TYPE x gauge\nx 1\n']],
      'job=b',
      'x 1\ny 1\ny 2\n',
      /^2 error\(s\) occurred:\n\* /,
    ],
  ]
  for (const [name, before, path, text, error] of cases) {
    test(name, () => {
      const { push } = createStore([gauge])
      for (const [group, body] of before) expect(push(group, body)).toBeUndefined()
      const got = push(path, text)
      if (typeof error === 'string') expect(got).toBe(error)
      else expect(got).toMatch(error)
    })
  }
})

test('a family may change its type when nobody else has it', () => {
  const { push } = createStore()
  push('job=a', '# TYPE x gauge\nx 1\n')
  expect(push('job=a', '# TYPE x counter\nx 1\n')).toBeUndefined()
})

test('without a check anything goes, and the page says so', () => {
  const { store, push } = createStore()
  push('job=a', '# TYPE x gauge\nx{l="1"} 1\n', false, false)
  expect(push('job=a,l=1', '# TYPE x gauge\nx 1\n', false, false)).toBeUndefined()
  expect(errorsOf(store)).toMatch(/was collected before/)
  expect(push('job=c', 'y 1\n')).toMatch(/was collected before/)
  store.remove(['job', 'a'])
  expect(errorsOf(store)).toBeUndefined()
})

test('groups expire when nobody pushes, by the rule or by their own wish', async () => {
  const { store, push, clock } = createStore()
  push('job=a', 'x 1\n')
  const content = contentFor(['job', 'b'], 'x 1\n')
  store.push({ content, isReplacing: true, expireAfterMs: 60_000 }, true)
  await clock.advance(59_999)
  expect(store.expire(undefined)).toBe(0)
  await clock.advance(1)
  expect(store.expire(undefined)).toBe(1)
  expect(store.expire(60_000)).toBe(1)
  expect(store.size).toBe(0)
})

test('the verdict is that of checking everything, whatever is pushed', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = seededRandom(seed)
    const pick = <T>(values: readonly T[]) => values[Math.floor(random.next() * values.length)] as T
    const { store, push, remove } = createStore()
    for (let step = 0; step < 40; step++) {
      const path = pick([
        'job=a',
        'job=b',
        'job=a,l=1',
        'job=a,l=2',
        'job=a,m=1',
        'instance=,job=a',
      ])
      if (random.next() < 0.1) {
        remove(path)
        continue
      }
      const name = pick(['x', 'y'])
      const type = pick(['gauge', 'gauge', 'gauge', 'counter'])
      const labels = pick(['', '{l="1"}', '{m="1"}', '{l="2",m="1"}', '{n="1"}'])
      const text = `# TYPE ${name} ${type}\n${name}${labels} 1\n`
      const isReplacing = random.next() < 0.3
      const before = naivePages(store)
      const error = push(path, text, isReplacing)
      const after = naivePages(store)
      // What was taken must be consistent; what was refused must not have changed anything but the times.
      expect({ seed, step, errors: combineFamilies(after).errors }).toEqual({
        seed,
        step,
        errors: [],
      })
      if (error !== undefined) {
        expect({ seed, step, pages: withoutTimes(after) }).toEqual({
          seed,
          step,
          pages: withoutTimes(before),
        })
        push(path, text, isReplacing, false)
        expect({ seed, step, count: combineFamilies(naivePages(store)).errors.length }).not.toEqual(
          { seed, step, count: 0 },
        )
        break
      }
    }
  }
})

/** The families of each group, in an order that does not depend on the store, helps set aside. */
function naivePages(store: PushStore): MetricFamily[][] {
  return [...store.groups()].map(({ families }) =>
    [...families.values()].map(({ packed }) => ({ ...unpackFamily(packed), help: '' })),
  )
}

function withoutTimes(pages: readonly MetricFamily[][]): MetricFamily[][] {
  return pages
    .map((page) => page.filter(({ name }) => !name.startsWith('push_')))
    .filter((page) => page.length > 0)
}

test('a group may have more series than a call has room for arguments', () => {
  const { store, push } = createStore()
  const lines = Array.from({ length: 150_000 }, (_, i) => `z{i="${i}"} 1\n`)
  expect(push('job=big', lines.join(''))).toBeUndefined()
  expect(push('job=big,k=7', 'z 2\n')).toBeUndefined()
  const family = atOnce(store.page()).families.find(({ name }) => name === 'z')
  const text = Buffer.concat([...atOnce(new PageText().print(family as never, 'underscores'))])
  expect(text.toString().split('\n')).toHaveLength(150_000 + 3)
})

describe('a page is printed from the bytes of its families as from the families', () => {
  const bodies = [
    '# HELP x A "help" with \\\\ and \\n.\n# TYPE x gauge\nx{b="2",a="\\"q\\\\\\n"} 1.5\nx 1e21\nx{a="ü"} NaN\n',
    '# TYPE h histogram\nh_bucket{le="0.1",l="1"} 1\nh_bucket{le="+Inf",l="1"} 3\nh_sum{l="1"} 2\nh_count{l="1"} 3\n',
    '# TYPE h histogram\nh_bucket{le="0.1"} 1\nh_sum 2\nh_count 3\n',
    '# TYPE s summary\ns{quantile="0.5"} 3\ns_sum 1\ns_count 2\nu 1\n',
    '{"a.b","c.d"="1"} 1\n',
  ]
  for (const escaping of ['underscores', 'allow-utf-8', 'values', 'dots'] as const) {
    test(escaping, () => {
      const { store, push } = createStore()
      bodies.forEach((body, i) => {
        expect(push(`job=${i % 3},l=${i % 2}`, body)).toBeUndefined()
        expect(push(`instance=i,job=${9 - i}`, body)).toBeUndefined()
      })
      const { families } = atOnce(store.page())
      const text = new PageText()
      const printed = families.flatMap((family) => [...atOnce(text.print(family, escaping))])
      expect(Buffer.concat(printed).toString()).toBe(writeText(familiesOf(store), escaping))
      const again = families.flatMap((family) => [...atOnce(text.print(family, escaping))])
      expect(Buffer.concat(again).equals(Buffer.concat(printed))).toBe(true)
      const messages = Buffer.concat(families.map((family) => atOnce(printProtobuf(family))))
      expect(decodeFamilies(messages)).toEqual(familiesOf(store))
    })
  }
})

test('samples come in order whatever order they were pushed in', () => {
  const random = seededRandom(3)
  const { store, push } = createStore()
  const numbers = Array.from({ length: 5000 }, () => Math.floor(random.next() * 1e9))
  const lines = numbers.map((n) => `z{i="${n}"} ${n}\n`)
  for (let group = 0; group < 50; group++) {
    push(`job=j${group}`, lines.slice(group * 100, group * 100 + 100).join(''))
  }
  const points = familiesOf(store).find(({ name }) => name === 'z')?.points ?? []
  expect(points.map(({ labels }) => labels[1])).toEqual(numbers.map(String).sort())
})

test('a long list of faults is counted, not written out', () => {
  const { push } = createStore()
  push('job=a', '# TYPE x gauge\nx 1\n')
  const lines = Array.from({ length: 5000 }, (_, i) => `x{i="${i}"} 1\n`)
  const error = push('job=b', `# TYPE x counter\n${lines.join('')}`) as string
  expect(error).toMatch(/^5000 error\(s\) occurred:\n\* /)
  expect(error).toMatch(/\n\* and 4000 more$/)
})

test('what stays of a group after small pushes takes memory of its own size', () => {
  const { store, push } = createStore()
  push('job=a', `small 1\n${Array.from({ length: 1000 }, (_, i) => `x{i="${i}"} 1\n`).join('')}`)
  push('job=a', 'x 1\n')
  const [group] = store.groups()
  expect(group?.families.get('small')?.packed.bytes.length).toBeLessThan(200)
  expect(contentOf([], ['job', 'a']).families).toEqual([])
})

test('a protobuf body is refused for a name that comes twice or a value of another type', () => {
  const f = (point: MetricFamily['points'][number], kind: MetricFamily['type'], error: string) => {
    const about = { name: 'x', help: undefined }
    // The header says gauge, the sample what it is.
    const [sample] = [encodeFamilies([{ ...about, type: kind, points: [point] }])]
    const gauge = [...(sample as Uint8Array)]
    gauge[gauge.indexOf(3 * 8) + 1] = 1
    const content = atOnce(readProtobuf(Uint8Array.from(gauge), ['job', 'a']))
    expect(createStore().store.push({ content, isReplacing: true }, true)).toBe(error)
  }
  f(
    { labels: ['a', '1', 'a', '2'], value: 1 },
    'gauge',
    'collected metric "x" { label:{name:"a"  value:"1"}  label:{name:"a"  value:"2"}  label:{name:"instance"  value:""}  label:{name:"job"  value:"a"}  gauge:{value:1}} has two or more labels with the same name: a',
  )
  f(
    { labels: ['a', '1'], value: 1 },
    'counter',
    'collected metric "x" { label:{name:"a"  value:"1"}  label:{name:"instance"  value:""}  label:{name:"job"  value:"a"}  counter:{value:1}} is not a GAUGE',
  )
})

test('a very large push is compared with other groups just the same', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, i) => `x{i="${i}",l="1"} 1\n`)
  for (const count of [100, 6000]) {
    const { push } = createStore()
    expect(push('job=a,l=1', 'x{i="50"} 1\n')).toBeUndefined()
    expect(push('job=b,l=1', 'x{i="50"} 1\n')).toBeUndefined()
    const error = push('job=a', lines(count).join(''))
    expect([count, error]).toEqual([
      count,
      expect.stringMatching(/^collected metric "x" \{ .*"50".*was collected before/),
    ])
    expect(push('job=c', lines(count).join(''))).toBeUndefined()
  }
})

test('names that would break every scrape are refused', () => {
  const f = (labels: string[], body: string, error: string) => {
    const content = contentFor(labels, body)
    expect(createStore().store.push({ content, isReplacing: true }, true)).toContain(error)
  }
  f(['job', 'a'], 'm{__x="1"} 1\n', 'has a label with an invalid name: __x')
  const summary = '# TYPE q summary\nq{quantile="1"} 1\nq_sum 1\nq_count 1\n'
  f(['job', 'a', 'quantile', '1'], summary, 'must not have an explicit "quantile" label')
})
