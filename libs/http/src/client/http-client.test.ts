import { createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server as TcpServer,
} from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { createClock } from '@prom/runtime/node'
import { createAuthority } from '@prom/testkit'
import { loadYaml } from '@prom/yaml'
import { createHttpClient, type HttpAnswer, type HttpClient, httpClientConfig } from '../index.ts'

const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function serve(handler: Handler) {
  const server: Server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function client(yaml = '', env: Record<string, string> = {}): HttpClient {
  const loaded = loadYaml(yaml, httpClientConfig, 'http.yml', { empty: httpClientConfig.create })
  if ('errors' in loaded) throw new Error(loaded.message)
  const made = createHttpClient(loaded.value, { clock: createClock(), userAgent: 'Test/1', env })
  opened.push(made)
  return made
}

const text = (answer: HttpAnswer) => Buffer.from(answer.body).toString()
const echo: Handler = (request, response) => {
  const pieces: Buffer[] = []
  request.on('data', (piece: Buffer) => pieces.push(piece))
  request.on('end', () =>
    response.end(
      JSON.stringify({
        method: request.method,
        url: request.url,
        headers: request.headers,
        body: Buffer.concat(pieces).toString(),
      }),
    ),
  )
}

test('a request carries its body, our agent and the configured headers', async () => {
  const { url } = await serve(echo)
  const http = client('http_headers:\n  X-Scope:\n    values: [a]\n    secrets: [b]\n')
  const answer = await http.request({
    method: 'POST',
    url: `${url}/x?y=1`,
    headers: { 'Content-Type': 'text/plain' },
    body: 'hello',
  })
  expect(answer.status).toBe(200)
  expect(JSON.parse(text(answer))).toMatchObject({
    method: 'POST',
    url: '/x?y=1',
    body: 'hello',
    headers: {
      'user-agent': 'Test/1',
      'accept-encoding': 'gzip',
      'content-type': 'text/plain',
      'x-scope': 'a, b',
    },
  })
})

test('credentials come from the block, its files or the URL', async () => {
  const { url } = await serve((request, response) => response.end(request.headers.authorization))
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  const file = join(folder, 'secret')
  writeFileSync(file, 'from-file\n')
  const f = async (yaml: string, expected: string, at = url) =>
    expect(text(await client(yaml).request({ method: 'GET', url: at }))).toBe(expected)
  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`
  await f('basic_auth: {username: u, password: p}', basic('u:p'))
  await f(`basic_auth: {username: u, password_file: ${file}}`, basic('u:from-file'))
  await f('authorization: {credentials: t}', 'Bearer t')
  await f(`authorization: {type: X, credentials_file: ${file}}`, 'X from-file')
  await f('bearer_token: t', 'Bearer t')
  await f('', basic('me:pw'), url.replace('//', '//me:pw@'))
  await expect(
    client('authorization: {credentials_file: /none}').request({ method: 'GET', url }),
  ).rejects.toThrow(
    `Get "${url}": unable to read authorization credentials: unable to read file /none: open /none: no such file or directory`,
  )
  rmSync(folder, { recursive: true })
})

test('redirects are followed, but credentials stay with their host', async () => {
  const other = await serve((request, response) =>
    response.end(`other ${request.method} ${request.headers.authorization}`),
  )
  const { url } = await serve((request, response) => {
    if (request.url === '/there') response.end(`here ${request.headers.authorization}`)
    else {
      const location =
        request.url === '/out' ? other.url : request.url === '/loop' ? '/loop' : '/there'
      response.writeHead(request.url === '/keep' ? 307 : 302, { location }).end()
    }
  })
  const http = client('bearer_token: t')
  expect(text(await http.request({ method: 'GET', url: `${url}/x` }))).toBe('here Bearer t')
  const out = await http.request({ method: 'POST', url: `${url}/out`, body: 'b' })
  expect(text(out)).toBe('other GET undefined')
  await expect(http.request({ method: 'GET', url: `${url}/loop` })).rejects.toThrow(
    'stopped after 10 redirects',
  )
  const stays = client('follow_redirects: false')
  expect((await stays.request({ method: 'GET', url: `${url}/x` })).status).toBe(302)
})

test('packed answers are unpacked, under the limit of what they grow to', async () => {
  const { url } = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(gzipSync(Buffer.alloc(1_000_000)))
  })
  const http = client()
  const answer = await http.request({ method: 'GET', url })
  expect(answer.body.length).toBe(1_000_000)
  expect(answer.headers['content-encoding']).toBeUndefined()
  await expect(http.request({ method: 'GET', url, bodyLimitBytes: 1000 })).rejects.toMatchObject({
    name: 'HttpLimitError',
    limitBytes: 1000,
  })
})

test('what goes wrong reads as in Go', async () => {
  const { url } = await serve((request, response) => {
    if (request.url === '/cut') request.socket.destroy()
    else if (request.url === '/drip') response.write('x')
  })
  const http = client()
  const f = async (path: string, message: string, more = {}) =>
    await expect(
      http.request({ method: 'GET', url: path.startsWith('/') ? url + path : path, ...more }),
    ).rejects.toThrow(message)
  await f(
    'http://127.0.0.1:1/x',
    'Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused',
  )
  await f('http://127.0.0.1:1/x', 'Post "http://127.0.0.1:1/x": dial', { method: 'POST' })
  await f('http://nonexist.invalid/', 'dial tcp: lookup nonexist.invalid')
  await f('/cut', `Get "${url}/cut": EOF`)
  await f('/hang', `Get "${url}/hang": context deadline exceeded`, { timeoutMs: 20 })
  await f('/drip', 'context deadline exceeded', { timeoutMs: 20 })
  await f('/hang', 'context canceled', { signal: AbortSignal.abort() })
  await f('ftp://x/', 'Get "ftp://x/": unsupported protocol scheme "ftp"')
  await f(url.replace('http:', 'https:'), 'http: server gave HTTP response to HTTPS client')
})

test('certificates that a launcher has taken over from Node are trusted beside the usual ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'extra-ca-'))
  const authority = createAuthority(Date.now())
  writeFileSync(join(folder, 'ca.pem'), authority.cert)
  const server = createTlsServer(authority.issue('127.0.0.1'), (_, response) => response.end('ok'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  opened.push(server)
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask = (env: Record<string, string>) => client('', env).request({ method: 'GET', url })

  expect(text(await ask({ PROMETHEUS_EXTRA_CA_CERTS: join(folder, 'ca.pem') }))).toBe('ok')
  await expect(ask({ PROMETHEUS_EXTRA_CA_CERTS: join(folder, 'gone') })).rejects.toThrow('x509')
  await expect(ask({})).rejects.toThrow('x509')
  rmSync(folder, { recursive: true })
})

test('an OAuth2 token is fetched once and sent', async () => {
  let tokens = 0
  const { url } = await serve((request, response) => {
    if (request.url !== '/token') response.end(request.headers.authorization)
    else response.end(JSON.stringify({ access_token: `t${++tokens}`, expires_in: 3600 }))
  })
  const http = client(
    `oauth2: {client_id: id, client_secret: s, token_url: "${url}/token", scopes: [a, b]}`,
  )
  expect(text(await http.request({ method: 'GET', url }))).toBe('Bearer t1')
  expect(text(await http.request({ method: 'GET', url }))).toBe('Bearer t1')
})

test('an OAuth2 token is asked for with a signed assertion', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  let form = new URLSearchParams()
  let authorization: string | undefined = ''
  const { url } = await serve(async (request, response) => {
    if (request.url !== '/token') {
      response.end(request.headers.authorization)
      return
    }
    authorization = request.headers.authorization
    form = new URLSearchParams(Buffer.concat(await request.toArray()).toString())
    response.end(JSON.stringify({ access_token: 't1', expires_in: 3600 }))
  })
  const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  const oauth2 = (key: string) =>
    client(
      `oauth2: {client_id: id, token_url: "${url}/token", grant_type: "${grant}", scopes: [a, b], signature_algorithm: RS384, client_certificate_key_id: k, client_certificate_key: ${JSON.stringify(key)}, claims: {sub: other, n: [1, true]}}`,
    ).request({ method: 'GET', url })

  expect(text(await oauth2(privateKey))).toBe('Bearer t1')
  expect(authorization).toBeUndefined()
  expect([form.get('grant_type'), form.get('scope')]).toEqual([grant, 'a b'])
  const [header = '', claims = '', signature = ''] = form.get('assertion')?.split('.') ?? []
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString())
  expect(read(header)).toEqual({ alg: 'RS384', typ: 'JWT', kid: 'k' })
  const { iat, exp, jti, ...rest } = read(claims)
  expect([exp - iat, typeof jti]).toEqual([600, 'string'])
  expect(rest).toEqual({ iss: 'id', sub: 'other', aud: `${url}/token`, scope: 'a b', n: [1, true] })
  const verifier = createVerify('RSA-SHA384').update(`${header}.${claims}`)
  expect(verifier.verify(publicKey, signature, 'base64url')).toBe(true)

  await expect(oauth2('none')).rejects.toThrow(
    'invalid key: Key must be a PEM encoded PKCS1 or PKCS8 key',
  )
})

describe('through a proxy', () => {
  let proxy: TcpServer
  let asked: string[] = []
  let authorizations: string[] = []
  let proxyUrl = ''
  beforeEach(async () => {
    asked = []
    proxy = createTcpServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', (head) => {
        const first = head.toString().split('\r\n')[0] as string
        asked.push(first)
        authorizations = head.toString().match(/^(proxy-)?authorization: .*$/gim) ?? []
        const [, host, port] = /^CONNECT (.*):(\d+) /.exec(first) ?? []
        if (!host) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nproxy')
          return
        }
        const onward = connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n')
          socket.pipe(onward).pipe(socket)
        })
        onward.on('error', () => socket.destroy())
      })
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    opened.push(proxy)
  })

  test('plain requests name the whole URL, TLS goes through a tunnel', async () => {
    const http = client(`proxy_url: ${proxyUrl}`)
    expect(text(await http.request({ method: 'GET', url: 'http://a.test/x' }))).toBe('proxy')
    const { url } = await serve(echo)
    await expect(
      http.request({ method: 'GET', url: url.replace('http:', 'https:') }),
    ).rejects.toThrow('http: server gave HTTP response to HTTPS client')
    expect(asked[0]).toBe('GET http://a.test/x HTTP/1.1')
    expect(asked[1]).toMatch(/^CONNECT 127\.0\.0\.1:\d+ HTTP\/1\.1$/)
  })

  test("a proxy's password is for the proxy alone", async () => {
    const http = client(`proxy_url: ${proxyUrl.replace('//', '//u:p@')}`)
    await http.request({ method: 'GET', url: 'http://a.test/x' })
    expect(authorizations).toEqual(['Proxy-Authorization: Basic dTpw'])
    await expect(http.request({ method: 'GET', url: 'https://127.0.0.1:1/' })).rejects.toThrow()
    expect([asked[1], ...authorizations]).toEqual([
      'CONNECT 127.0.0.1:1 HTTP/1.1',
      'Proxy-Authorization: Basic dTpw',
    ])
  })

  test('no_proxy and the environment choose who is asked directly', async () => {
    const { url } = await serve((_request, response) => response.end('direct'))
    const f = async (yaml: string, expected: string, env = {}) =>
      expect(text(await client(yaml, env).request({ method: 'GET', url }))).toBe(expected)
    const rules = (no: string) => `proxy_url: ${proxyUrl}\nno_proxy: "${no}"\n`
    await f(rules('10.0.0.0/8, .x'), 'proxy')
    await f(rules('127.0.0.0/8'), 'direct')
    await f(rules('127.0.0.1:1'), 'proxy')
    await f(rules(url.slice(7)), 'direct')
    await f(rules('*'), 'direct')
    const env = { HTTP_PROXY: proxyUrl }
    await f('proxy_from_environment: true', 'direct', env)
    const http = client('proxy_from_environment: true', env)
    expect(text(await http.request({ method: 'GET', url: 'http://a.test/' }))).toBe('proxy')
  })
})
