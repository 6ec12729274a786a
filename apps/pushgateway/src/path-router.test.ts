import { cleanPath } from '@prom/http'
import { externalPath } from './external-path.ts'
import { PathRouter } from './path-router.ts'
import { decodePath } from './request-path.ts'

test('a path is answered as the router of the original does', () => {
  const router = new PathRouter()
  const none = () => {}
  for (const path of ['/', '/status', '/static/*file', '/p/-/quit']) router.add('GET', path, none)
  for (const method of ['PUT', 'DELETE']) router.add(method, '/metrics/job/:job/*labels', none)
  router.add('PUT', '/metrics/job/:job', none)
  router.add('OPTIONS', '/api/*path', none)
  const f = (method: string, path: string, expected: unknown) => {
    const found = router.find(method, path)
    expect(found && 'handler' in found ? found.values : found).toEqual(expected)
  }
  f('GET', '/', [])
  f('GET', '/status', [])
  f('GET', '/status/', { location: '/status' })
  f('GET', '/STATUS/', { location: '/status' })
  f('GET', '/static', { location: '/static/' })
  f('GET', '/static/a/b', ['a/b'])
  f('PUT', '/metrics/job/a', ['a'])
  f('PUT', '/metrics/job/a/b/c', ['a', 'b/c'])
  f('PUT', '/Metrics/job/A/B', { location: '/metrics/job/A/B' }) // Values keep their case.
  f('DELETE', '/metrics/job/a', { location: '/metrics/job/a/' })
  f('GET', '/metrics/job/a', { allow: ['OPTIONS', 'PUT'] })
  f('GET', '/metrics/job/a/', { allow: ['DELETE', 'OPTIONS', 'PUT'] })
  f('PUT', '/status', { allow: ['GET', 'OPTIONS'] })
  f('HEAD', '/status/', undefined)
  f('GET', '/api/x', undefined)
  f('OPTIONS', '/api/x', ['x'])
  f('GET', '/statuses', undefined)
})

test('paths are decoded byte by byte, and cleaned', () => {
  const f = (raw: string, expected: string | undefined) => expect(decodePath(raw)).toBe(expected)
  f('/a/b', '/a/b')
  f('/a%2fb%C3%bc', '/a/bü')
  f('/%', undefined)
  f('/%zz', undefined)
  f('/a%ffb%fe%C3%bc', '/a\udcffb\udcfeü')
  f('/%E2%82', '/\udce2\udc82')
  expect(cleanPath('/a//b/./../c/')).toBe('/a/c/')
  expect(cleanPath('/a/b')).toBe('/a/b')
})

test('of the external URL only the path counts', () => {
  const f = (text: string, expected: string) => expect(externalPath(text)).toBe(expected)
  f('', '')
  f('http://', '')
  f('http://h:99999/x/', '/x')
  f('//h/x', '/x')
  f('/x/y', '/x/y')
  f('http://h/x?y=/z#q', '/x')
  f('mailto:x', '')
  f('http://h/a%20b', '/a b')
  const fail = (text: string, error: string) => {
    expect(() => externalPath(text)).toThrow(new Error(error))
  }
  fail(':bad', 'invalid URL: parse ":bad": missing protocol scheme')
  fail('http://h/%zz', 'invalid URL: parse "http://h/%zz": invalid URL escape "%zz"')
  fail('http://h:x/', 'invalid URL: parse "http://h:x/": invalid port ":x" after host')
  fail('1:2', 'invalid URL: parse "1:2": first path segment in URL cannot contain colon')
})
