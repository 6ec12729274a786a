import { ErrorHistory } from './error-history.ts'

test('each failure says when, how long, which status and what kind', () => {
  const f = (error: string, reason: string, status = 0) => {
    const history = new ErrorHistory()
    history.add(1000, 0.5, error)
    expect(history.errors).toEqual([{ atMs: 1000, durationSeconds: 0.5, status, reason, error }])
  }
  f('Get "http://h/metrics": context deadline exceeded', 'timeout')
  f('server returned HTTP status 503 Service Unavailable', 'http_status', 503)
  f('sample limit exceeded', 'limit')
  f('body size limit exceeded', 'limit')
  f('target_limit exceeded (number of targets: 2, limit: 1)', 'limit')
  f('Get "http://h/": dial tcp 127.0.0.1:1: connect: connection refused', 'connection')
  f('Get "http://h/": dial tcp: lookup h: no such host', 'dns')
  f('Get "https://h/": tls: failed to verify certificate: x509: unknown authority', 'tls')
  f('received unsupported Content-Type "x" and no fallback_scrape_protocol', 'content_type')
  f('"INVALID" is not a valid start token', 'parse')
})

test('only the last ten are kept, and no endless text', () => {
  const history = new ErrorHistory()
  for (let i = 0; i < 25; i++) history.add(i, 0, 'x'.repeat(5000))
  expect(history.errors.map(({ atMs }) => atMs)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24])
  expect(history.errors[0]?.error.length).toBe(1027)
})
