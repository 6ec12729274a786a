import { parsePushLabels } from './index.ts'

test('labels of the path are decoded, or refused in the words of the original', () => {
  const f = (
    job: string,
    rest: string,
    expected: Record<string, string> | string,
    hasUtf8 = false,
  ) => {
    const isJobBase64 = job.startsWith('@base64/')
    const path = { job: job.replace('@base64/', ''), isJobBase64, rest }
    const result = parsePushLabels(path, hasUtf8)
    if ('error' in result) expect(result.error).toBe(expected)
    else expect(result.labels).toEqual(Object.entries(expected).flat())
  }
  f('a', '', { job: 'a' })
  f('a', '/', { job: 'a' })
  f('a', '/foo/', { foo: '', job: 'a' })
  f('a', '/foo/bar/baz/', { baz: '', foo: 'bar', job: 'a' })
  f('a', '/x/1/x/2', { job: 'a', x: '2' })
  f('a', '/job/b', { job: 'a' })
  f('@base64/YS9i', '', { job: 'a/b' })
  f('@base64/YS9i==', '', { job: 'a/b' })
  f('@base64/=', '', 'job name is required')
  f('a', '/foo@base64/=', { foo: '', job: 'a' })
  f('a', '/foo@base64/w7w', { foo: 'ü', job: 'a' })
  f('a', '/foo/bar/x', 'odd number of components in label string "/foo/bar/x"')
  f('a', '/__x/bar', 'improper label name "__x"')
  f('a', '/a.b/bar', 'improper label name "a.b"')
  f('a', '/a.b/bar', { 'a.b': 'bar', job: 'a' }, true)
  f('a', '/U__a_2e_b/bar', { 'a.b': 'bar', job: 'a' }, true)
  f(
    'a',
    '/foo@base64/a+b',
    'invalid base64 encoding for label foo="a+b": illegal base64 data at input byte 1',
  )
  f('@base64/a^', '', 'invalid base64 encoding in job name "": illegal base64 data at input byte 1')
  f(
    '@base64/YWJj^',
    '',
    'invalid base64 encoding in job name "abc": illegal base64 data at input byte 4',
  )
  f('@base64/Y\nQ=', '', { job: 'a' }) // Line ends are passed over.
  f(
    '@base64/YYD/',
    '',
    'invalid base64 encoding in job name "": illegal base64 data at input byte 3',
  )
  f('a', '/foo@base64/gGE', { foo: '\udc80a', job: 'a' }) // Bytes that are no UTF-8 are kept apart.
})
