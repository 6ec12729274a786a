import { labelName, metricName, type NameSettings, unitName } from './otlp-names.ts'

const settings = (isEscaped: boolean, hasSuffixes: boolean): NameSettings => ({
  ...{ isEscaped, hasSuffixes, sanitizesUnderscore: true, keepsUnderscores: true },
})

test('metric names are translated as the strategy says', () => {
  const f = (name: string, unit: string, kind: 'counter' | 'gauge' | '', expected: string[]) => {
    const metric = { name, unit, isCounter: kind === 'counter', isGauge: kind === 'gauge' }
    const strategies = [settings(true, true), settings(true, false), settings(false, true)]
    expect(strategies.map((one) => metricName(metric, one))).toEqual(expected)
    expect(metricName(metric, settings(false, false))).toBe(name)
  }
  f('http.server.duration', 'ms', '', [
    'http_server_duration_milliseconds',
    'http_server_duration',
    'http.server.duration_milliseconds',
  ])
  f('requests', '1', 'counter', ['requests_total', 'requests', 'requests_total'])
  f('a.total.b', '', 'counter', ['a_b_total', 'a_total_b', 'a.total.b_total'])
  f('usage', '1', 'gauge', ['usage_ratio', 'usage', 'usage_ratio'])
  f('disk.io', 'By/s', '', ['disk_io_bytes_per_second', 'disk_io', 'disk.io_bytes_per_second'])
  f('io_bytes_sent', 'By', 'counter', [
    'io_bytes_sent_total',
    'io_bytes_sent',
    'io_bytes_sent_bytes_total',
  ])
  f('x', '{requests}', '', ['x', 'x', 'x'])
  f('x', '{requests}/m', '', ['x_per_minute', 'x', 'x_per_minute'])
  f('2xx.count', '', '', ['_2xx_count', '_2xx_count', '2xx.count'])
  f('__odd--name__', '', '', ['odd_name', '__odd_name__', '__odd--name__'])
  f('temp', 'Cel', 'gauge', ['temp_celsius', 'temp', 'temp_celsius'])
  f('queue', 'weird thing', '', ['queue_weird_thing', 'queue', 'queue_weird_thing'])
})

test('a name of which nothing is left is refused', () => {
  const metric = { name: '.-.', unit: '', isCounter: false, isGauge: false }
  expect(() => metricName(metric, settings(true, true))).toThrow(
    'normalization for metric ".-." resulted in empty name',
  )
})

test('label names', () => {
  const f = (name: string, expected: string, change: Partial<NameSettings> = {}) =>
    expect(labelName(name, { ...settings(true, true), ...change })).toBe(expected)
  f('http.method', 'http_method')
  f('a..b', 'a__b')
  f('a..b', 'a_b', { keepsUnderscores: false })
  f('1st', 'key_1st')
  f('_private', 'key_private')
  f('_private', '_private', { sanitizesUnderscore: false })
  f('__name__', '__name__')
  f('a.b', 'a.b', { isEscaped: false })
  expect(() => f('...', '')).toThrow('normalization for label name "..."')
})

test('units of metadata', () => {
  expect(['By/s', '1', 's', '{x}/h', 'foo'].map(unitName)).toEqual([
    'bytes_per_second',
    '',
    'seconds',
    'per_hour',
    'foo',
  ])
})
