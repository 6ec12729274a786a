import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createClock } from '@prom/runtime/node'
import { hashSync } from 'bcryptjs'
import {
  HttpServer,
  type HttpServerOptions,
  ListenError,
  readBody,
  readForm,
  respondCompressed,
  respondMetrics,
  respondPieces,
  respondText,
} from './index.ts'

const quiet = { debug() {}, info() {}, warn() {}, error() {}, with: () => quiet }
const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

async function start(
  options: Partial<HttpServerOptions> = {},
  routes: (server: HttpServer) => void = () => {},
) {
  const observed: unknown[][] = []
  const server = new HttpServer(
    { addresses: ['127.0.0.1:0'], ...options },
    { clock: createClock(), log: quiet, observe: (name, code) => observed.push([name, code]) },
  )
  routes(server)
  const stop = new AbortController()
  let done: Promise<void> = Promise.resolve()
  await new Promise<void>((resolve, reject) => {
    done = server.run(stop.signal, resolve)
    done.catch(reject)
  })
  running.push(async () => {
    stop.abort()
    await done
  })
  return { server, observed, port: server.port }
}

interface Got {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  text: string
}

function get(
  port: number,
  path: string,
  options: {
    method?: string
    headers?: Record<string, string>
    body?: string | Buffer
    isTls?: boolean
    ca?: Buffer
  } = {},
): Promise<Got> {
  const { isTls, body, ca, ...rest } = options
  const make = isTls ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const asked = make(
      { host: '127.0.0.1', port, path, agent: false, ...rest, ...(isTls && { ca }) },
      async (response) => {
        const pieces: Buffer[] = []
        for await (const piece of response) pieces.push(piece)
        const all = Buffer.concat(pieces)
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: all,
          text: all.toString(),
        })
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

test('routes answer, and what is no route is refused as Go does', async () => {
  const { port, observed } = await start({}, (server) => {
    server.route('GET', '/label/:name/values', (request, response) =>
      respondText(response, 200, String(request.params?.name)),
    )
    server.raw('GET', '/fast', (_request, response) => respondText(response, 200, 'fast'))
    server.route(['POST', 'PUT'], '/-/reload', (_request, response) =>
      respondText(response, 200, ''),
    )
  })
  expect(await get(port, '/label/a%2Fb/values')).toMatchObject({ status: 200, text: 'a/b' })
  expect(await get(port, '/fast?x=1')).toMatchObject({ status: 200, text: 'fast' })
  expect(await get(port, '/nope')).toMatchObject({
    status: 404,
    text: '404 page not found\n',
    headers: { 'x-content-type-options': 'nosniff', 'content-type': 'text/plain; charset=utf-8' },
  })
  expect(await get(port, '/fast', { method: 'POST' })).toMatchObject({
    status: 405,
    text: 'Method Not Allowed\n',
    headers: { allow: 'GET, OPTIONS' },
  })
  expect((await get(port, '/-/reload')).headers.allow).toBe('OPTIONS, POST, PUT')
  expect((await get(port, '/-/reload', { method: 'PUT' })).status).toBe(200)
  expect((await get(port, '/fast', { method: 'HEAD' })).status).toBe(405)
  expect((await get(port, '/Fast')).status).toBe(404)
  expect((await get(port, '/label/%zz/values')).status).toBe(400)
  expect((await get(port, '/label/a%ff%20/values')).text).toBe('a\ufffd ')
  expect(observed).toContainEqual(['/label/:name/values', 200])
})

test('a handler that throws is a 500, and the server goes on', async () => {
  const { port } = await start({}, (server) => {
    server.raw('GET', '/bad', async () => {
      throw new Error('secret detail')
    })
    server.route('GET', '/worse', () => {
      throw new Error('secret detail')
    })
  })
  for (const path of ['/bad', '/worse', '/bad']) {
    expect(await get(port, path)).toMatchObject({ status: 500, text: 'Internal Server Error\n' })
  }
})

test('forms merge body and URL, and bodies end at their limit', async () => {
  const { port } = await start({}, (server) => {
    server.raw('POST', '/form', async (request, response) => {
      const form = await readForm(request)
      respondText(response, 200, JSON.stringify([form.get('a'), form.getAll('m[]')]))
    })
    server.raw('POST', '/body', async (request, response) => {
      try {
        respondText(response, 200, String((await readBody(request, 10)).length))
      } catch (err) {
        respondText(response, 413, (err as Error).message)
      }
    })
  })
  const form = await get(port, '/form?a=url&m[]=3', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b+c&m[]=1&m%5B%5D=2',
  })
  expect(JSON.parse(form.text)).toEqual(['b c', ['1', '2', '3']])
  expect((await get(port, '/body', { method: 'POST', body: '0123456789' })).text).toBe('10')
  const long = await get(port, '/body', { method: 'POST', body: 'x'.repeat(100) })
  expect(long).toMatchObject({ status: 413, text: 'request body exceeds the 10 bytes limit' })
  const chunked = await get(port, '/body', {
    method: 'POST',
    body: 'x'.repeat(100),
    headers: { 'transfer-encoding': 'chunked' },
  })
  expect(chunked.status).toBe(413)
})

test('answers are compressed in the first encoding the client names', async () => {
  const page = 'metric 1\n'.repeat(1000)
  const huge = [Buffer.alloc(900_000, 'a'), Buffer.alloc(900_000, 'b')]
  const { port } = await start({}, (server) => {
    server.raw('GET', '/page', (request, response) =>
      respondCompressed(request, response, { contentType: 'text/plain', body: page }),
    )
    server.raw('GET', '/huge', (request, response) =>
      respondCompressed(request, response, { contentType: 'text/plain', body: huge }),
    )
  })
  const plain = await get(port, '/page')
  expect(plain.text).toBe(page)
  expect(plain.headers['content-encoding']).toBeUndefined()
  const packed = await get(port, '/page', { headers: { 'accept-encoding': 'br, gzip;q=0.5' } })
  expect(packed.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
  expect(gunzipSync(packed.body).toString()).toBe(page)
  const streamed = await get(port, '/huge', { headers: { 'accept-encoding': 'gzip' } })
  expect(gunzipSync(streamed.body).equals(Buffer.concat(huge))).toBe(true)
})

test('pages of metrics are compressed by the weights of the client, in gzip alone', async () => {
  const body = 'metric 1\n'.repeat(1000)
  const { port } = await start({}, (server) => {
    server.raw('GET', '/', (request, response) =>
      respondMetrics(request, response, { contentType: 'text/plain', body }),
    )
  })
  const f = async (accepted: string, expected: string | undefined) => {
    const { headers } = await get(port, '/', { headers: { 'accept-encoding': accepted } })
    expect([accepted, headers['content-encoding'], headers.vary]).toEqual([
      accepted,
      expected,
      undefined,
    ])
  }
  await f('gzip', 'gzip')
  await f('zstd, gzip;q=0.5', 'gzip')
  await f('identity;q=0.4, gzip ; q=0.5', 'gzip')
  await f('gzip;q=0', undefined)
  await f('gzip;q=x', undefined)
  await f('GZIP', undefined)
  await f('*', undefined)
  await f('identity, gzip', undefined)
  await f('deflate, zstd', undefined)
  await f('', undefined)
})

test('a request that has not arrived whole is cut when the server stops, if it says so', async () => {
  let arrived = () => {}
  const begun = new Promise<void>((resolve) => {
    arrived = resolve
  })
  let failed: unknown
  const { port } = await start({ cutsOnStop: true }, (server) => {
    server.raw('POST', '/', async (request, response) => {
      request.once('data', arrived)
      failed = await readBody(request, 100).catch((err: unknown) => err)
      response.end()
    })
  })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhalf')
  await begun
  await running.pop()?.()
  await closed
  expect((failed as Error).message).toContain('aborted')
})

test('a taken or malformed address is an error with Go text that knows its flag', async () => {
  const { port } = await start()
  const f = async (address: string, message: string) => {
    const failed = await start({ addresses: [address] }).catch((err: unknown) => err)
    expect(failed).toBeInstanceOf(ListenError)
    expect(failed).toMatchObject({ message, flag: '--web.listen-address' })
  }
  await f(`127.0.0.1:${port}`, `listen tcp 127.0.0.1:${port}: bind: address already in use`)
  await f('foo', 'listen tcp: address foo: missing port in address')
  await f('127.0.0.1:99999', 'listen tcp: address 99999: invalid port')
  await f(':x', 'listen tcp: lookup tcp/x: unknown port')
  await f('::1:9', 'listen tcp: address ::1:9: too many colons in address')
  await f('1.2.3.4:9090', 'listen tcp 1.2.3.4:9090: bind: cannot assign requested address')
})

test('bytes that are no HTTP and connections over the limit harm nobody', async () => {
  const { port, server } = await start({ connectionsMax: 3 }, (server) => {
    server.raw('GET', '/', (_request, response) => respondText(response, 200, 'ok'))
  })
  const send = (bytes: string) =>
    new Promise<string>((resolve) => {
      let got = ''
      const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
      socket.on('data', (piece) => {
        got += piece
      })
      socket.on('close', () => resolve(got)).on('error', () => {})
    })
  expect(await send('\x16\x03\x01 garbage\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 Bad Request/)
  expect(await send(`GET / HTTP/1.1\r\nx: ${'a'.repeat(2 << 20)}\r\n\r\n`)).toMatch(/431|^$/)
  const idle = [1, 2, 3].map(() => connect(port, '127.0.0.1').on('error', () => {}))
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.on('connect', resolve))))
  // One more has its answer once another has gone.
  const waiting = send('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  const first = await Promise.race([waiting, soon('still waiting')])
  expect(first).toBe('still waiting')
  expect(server.connectionCounts()).toEqual({ accepted: 5, closed: 2, refused: 0 })
  idle[0]?.destroy()
  expect(await waiting).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*ok$/)
  for (const socket of idle) socket.destroy()
})

/** After whatever the event loop has to do now. */
async function soon<T>(value: T): Promise<T> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve))
  return value
}

test('headers that do not come in time end the connection', async () => {
  const { port } = await start({ readTimeoutMs: 200 }, (server) => {
    server.raw('GET', '/', (_request, response) => respondText(response, 200, 'ok'))
  })
  const got = await new Promise<string>((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.1\r\nx: '))
    socket.on('data', (piece) => {
      text += piece
    })
    socket.on('close', () => resolve(text)).on('error', () => {})
  })
  expect(got).toMatch(/^HTTP\/1\.1 408 Request Timeout/)
}, 60_000)

/** One request over HTTP/2. */
function ask(
  session: ClientHttp2Session,
  headers: Record<string, string>,
  body = '',
): Promise<[number, string]> {
  return new Promise((resolve, reject) => {
    const type = 'application/x-www-form-urlencoded'
    const stream = session.request({ ...headers, ...(body !== '' && { 'content-type': type }) })
    let status = 0
    let text = ''
    stream.on('response', (fields) => {
      status = Number(fields[':status'])
    })
    stream.on('data', (piece) => {
      text += piece
    })
    stream.on('end', () => resolve([status, text])).on('error', reject)
    if (body !== '') stream.end(body)
  })
}

describe('with a web config file', () => {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'web-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = (name: string, text: string, atSeconds: number) => {
    writeFileSync(join(folder, name), text)
    utimesSync(join(folder, name), atSeconds, atSeconds)
    return join(folder, name)
  }
  const basic = (pair: string) => ({
    headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` },
  })

  test('users are asked for their password on every path, and headers are added', async () => {
    const webConfigFile = write(
      'web.yml',
      `basic_auth_users:\n  alice: ${hashSync('pw', 4)}\nhttp_server_config:\n` +
        '  headers:\n    X-Frame-Options: deny\n',
      1000,
    )
    const { port } = await start({ webConfigFile }, (server) => {
      server.raw('GET', '/', (_request, response) => respondText(response, 200, 'ok'))
    })
    expect(await get(port, '/')).toMatchObject({
      status: 401,
      text: 'Unauthorized\n',
      headers: { 'www-authenticate': 'Basic', 'x-frame-options': 'deny' },
    })
    expect((await get(port, '/nope', basic('alice:no'))).status).toBe(401)
    expect((await get(port, '/', basic('bob:pw'))).status).toBe(401)
    expect((await get(port, '/', basic('alice:pw'))).status).toBe(200)
    expect((await get(port, '/', basic('alice:pw'))).status).toBe(200)

    write('web.yml', `basic_auth_users:\n  alice: ${hashSync('new', 4)}\n`, 2000)
    expect((await get(port, '/', basic('alice:pw'))).status).toBe(401)
    expect((await get(port, '/', basic('alice:new'))).status).toBe(200)
    write('web.yml', 'nope: 1\n', 3000)
    expect((await get(port, '/', basic('alice:new'))).status).toBe(500)
  })

  test('a bad file stops the start with the original text', async () => {
    const f = async (text: string, message: string) =>
      await expect(start({ webConfigFile: write('web.yml', text, 1) })).rejects.toThrow(message)
    await f('nope: 1\n', 'unmarshal errors:\n  line 1: field nope not found in type web.Config')
    await f('tls_server_config:\n  cert_file: x\n', 'missing one of key or key_file')
    await f(
      'tls_server_config:\n  cert_file: x\n  key_file: y\n',
      'failed to read cert_file (x): open ',
    )
    await f('tls_server_config:\n  min_version: TLS9\n', 'unknown TLS version: TLS9')
    await f('http_server_config:\n  headers: {X-Foo: a}\n', 'HTTP header "X-Foo" can not be')
    await f('basic_auth_users:\n  a: plain\n', 'hashedSecret too short')
    await f(
      'http_server_config:\n  headers: {X-Frame-Options: a}\n',
      'invalid value for X-Frame-Options. Expected one of: ["deny" "sameorigin"], but got: "a"',
    )
  })

  test('TLS is served with the certificate that lies there now', async () => {
    const makeCertificate = (name: string) =>
      execFileSync(
        'openssl',
        [
          ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
          ...[
            '-nodes',
            '-days',
            '2',
            '-subj',
            `/CN=${name}`,
            '-addext',
            'subjectAltName=IP:127.0.0.1',
          ],
          ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.crt`)],
        ],
        { stdio: 'ignore' },
      )
    makeCertificate('one')
    makeCertificate('two')
    const read = (name: string) => execFileSync('cat', [join(folder, name)])
    const install = (name: string, at: number) => {
      write('server.crt', read(`${name}.crt`).toString(), at)
      write('server.key', read(`${name}.key`).toString(), at)
    }
    install('one', 1000)
    const webConfigFile = write(
      'web.yml',
      'tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n',
      1000,
    )
    const { port } = await start({ webConfigFile }, (server) => {
      server.raw('GET', '/', (_request, response) => respondText(response, 200, 'ok'))
      server.route('GET', '/label/:name/values', (request, response) =>
        respondText(response, 200, String(request.params?.name)),
      )
      server.route('POST', '/form', async (request, response) =>
        respondText(response, 200, (await readForm(request)).get('a') ?? ''),
      )
    })
    expect((await get(port, '/', { isTls: true, ca: read('one.crt') })).text).toBe('ok')
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca: read('one.crt') })
    expect(await ask(session, { ':path': '/' })).toEqual([200, 'ok'])
    expect(await ask(session, { ':path': '/label/x/values' })).toEqual([200, 'x'])
    expect(await ask(session, { ':path': '/nope' })).toEqual([404, '404 page not found\n'])
    expect(await ask(session, { ':path': '/form', ':method': 'POST' }, 'a=b')).toEqual([200, 'b'])
    session.close()
    const speak = (sent: string) =>
      new Promise<string>((resolve) => {
        let got = ''
        const socket = connect(port, '127.0.0.1')
        socket.on('data', (bytes) => {
          got += bytes.toString()
        })
        socket.on('error', () => {})
        socket.once('close', () => resolve(got))
        socket.write(sent)
      })
    const told = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n'
    expect(await speak('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(told)
    expect(await speak('POST /x HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(told)
    expect(await speak('\0\x01 neither TLS nor HTTP')).not.toContain('HTTP/1.0')
    install('two', 2000)
    expect((await get(port, '/', { isTls: true, ca: read('two.crt') })).text).toBe('ok')
    await expect(get(port, '/', { isTls: true, ca: read('one.crt') })).rejects.toThrow()
  })
})

test('a path that is known but for its slashes is sent there', async () => {
  const { port } = await start({}, (server) => {
    server.raw('GET', '/page', (_request, response) => respondText(response, 200, 'ok'))
    server.route('POST', '/x/:name', (_request, response) => respondText(response, 200, 'ok'))
  })
  const f = async (method: string, path: string, status: number, location?: string) => {
    const got = await get(port, path, { method })
    expect([got.status, got.headers.location]).toEqual([status, location])
  }
  await f('GET', '/page/?a=1', 301, '/page?a=1')
  await f('GET', '//page', 301, '/page')
  await f('POST', '/page/', 308, '/page')
  await f('GET', '/nope/', 404)
  expect((await get(port, '/page/')).text).toBe('<a href="/page">Moved Permanently</a>.\n\n')
})

test('parameters that are none are left out, as in Go', async () => {
  const { port } = await start({}, (server) => {
    server.raw('GET', '/', async (request, response) =>
      respondText(response, 200, (await readForm(request)).toString()),
    )
  })
  expect((await get(port, '/?a=1;b=2&c=%zz&d=%20e')).text).toBe('d=+e')
})

test('a body comes in pieces while it is made, each released once it is sent', async () => {
  const released: number[] = []
  const pieces = [1, 2, 3].map((number) => ({
    bytes: new Uint8Array(300_000).fill(48 + number),
    release: () => released.push(number),
  }))
  const { port } = await start({}, (server) =>
    server.raw('GET', '/pieces', (request, response) => {
      let at = 0
      return respondPieces(
        request,
        response,
        { contentType: 'text/plain' },
        async () => pieces[at++],
      )
    }),
  )
  const whole = Buffer.concat(pieces.map(({ bytes }) => bytes))
  const plain = await get(port, '/pieces')
  expect([plain.status, plain.body.equals(whole)]).toEqual([200, true])
  expect(released.sort()).toEqual([1, 2, 3])
  const packed = await get(port, '/pieces', { headers: { 'accept-encoding': 'gzip' } })
  expect(gunzipSync(packed.body).equals(whole)).toBe(true)
  expect(released.length).toBe(6)
})

test('a body that fails in the middle breaks off, and what was not sent is released', async () => {
  const released: number[] = []
  let onReleased = () => {}
  const areReleased = new Promise<void>((resolve) => {
    onReleased = () => {
      if (released.length === 2) resolve()
    }
  })
  const { port } = await start({}, (server) =>
    server.raw('GET', '/broken', (request, response) => {
      let count = 0
      return respondPieces(request, response, { contentType: 'text/plain' }, async () => {
        if (++count > 2) throw new Error('lost')
        const number = count
        const release = () => {
          released.push(number)
          onReleased()
        }
        return { bytes: new Uint8Array(10), release }
      })
    }),
  )
  await expect(get(port, '/broken')).rejects.toThrow()
  await areReleased
  expect(released.sort()).toEqual([1, 2])
})
