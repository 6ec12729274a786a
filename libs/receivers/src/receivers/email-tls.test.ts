import { connect, createServer, type NetConnectOpts, type Socket } from 'node:net'
import { createAuthority } from '@prom/testkit'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { harness, sampleNotification } from '../testing/harness.ts'
import { email } from './email.ts'

interface Seen {
  readonly isTls: boolean
  readonly user: string | undefined
  readonly hello: string
  readonly text: string
}

const authority = createAuthority(Date.now())
const own = authority.issue('127.0.0.1', 'mail.test')
const net = {
  connect: (options: NetConnectOpts) => connect(options),
  createServer: (listener: Parameters<typeof createServer>[1]) => createServer(listener as never),
} as never

/** An SMTP server with a certificate of the authority, until `use` is done. */
async function withServer(
  options: SMTPServerOptions,
  use: (port: number, seen: Seen[]) => Promise<void>,
): Promise<void> {
  const seen: Seen[] = []
  const server = new SMTPServer({
    logger: false,
    authOptional: true,
    authMethods: ['PLAIN', 'LOGIN'],
    cert: own.cert,
    key: own.key,
    onAuth: ({ username, password, method, validatePassword }, _session, done) => {
      const isRight = method === 'CRAM-MD5' ? validatePassword('s3cret ') : password === 'pw'
      done(isRight ? null : new Error('no'), { user: `${username} by ${method}` })
    },
    ...options,
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        seen.push({
          isTls: session.secure,
          user: session.user as string | undefined,
          hello: session.hostNameAppearsAs || '',
          text: Buffer.concat(parts).toString(),
        })
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as { port: number }
  try {
    await use(port, seen)
  } finally {
    await new Promise<void>((resolve) => server.close(resolve))
  }
}

async function send(port: number, more: string, files: Record<string, string> = {}): Promise<void> {
  const config = `{to: a@x.test, smarthost: '127.0.0.1:${port}', ${more}}`
  const t = harness(email, config, [], { net })
  t.files.replaceSync('/ca.pem', authority.cert)
  for (const [path, text] of Object.entries(files)) t.files.replaceSync(path, text)
  await t.notify()
}

const TRUST = 'tls_config: {ca_file: /ca.pem}'

test('STARTTLS: the mail goes over TLS, and the login too', async () => {
  await withServer({}, async (port, seen) => {
    await send(port, `${TRUST}, hello: me.test, auth_username: u, auth_password: pw`)
    expect(seen).toMatchObject([{ isTls: true, user: 'u by PLAIN', hello: 'me.test' }])
  })
})

test('implicit TLS: forced, without STARTTLS', async () => {
  await withServer({ secure: true, authMethods: ['LOGIN'] }, async (port, seen) => {
    await send(port, `${TRUST}, force_implicit_tls: true, auth_username: u, auth_password: pw`)
    expect(seen).toMatchObject([{ isTls: true, user: 'u by LOGIN' }])
  })
})

test('CRAM-MD5 over TLS, its secret and other passwords from files', async () => {
  const files = { '/secret': 's3cret ', '/password': 'pw\n' }
  await withServer({ authMethods: ['CRAM-MD5'] }, async (port, seen) => {
    await send(port, `${TRUST}, auth_username: u, auth_secret_file: /secret`, files)
    expect(seen).toMatchObject([{ isTls: true, user: 'u by CRAM-MD5' }])
  })
  await withServer({}, async (port, seen) => {
    await send(port, `${TRUST}, auth_username: u, auth_password_file: /password`, files)
    expect(seen).toMatchObject([{ user: 'u by PLAIN' }])
  })
})

test('a certificate nobody vouches for is refused, unless it need not be checked', async () => {
  await withServer({}, async (port, seen) => {
    await expect(send(port, 'text: x')).rejects.toMatchObject({ canRetry: true })
    expect(seen).toEqual([])
    await send(port, 'tls_config: {insecure_skip_verify: true}')
    expect(seen).toMatchObject([{ isTls: true }])
  })
})

test('a certificate for another name is refused, and taken for the name that is asked for', async () => {
  await withServer({}, async (port, seen) => {
    const ask = (name: string) => `tls_config: {ca_file: /ca.pem, server_name: ${name}}`
    await expect(send(port, ask('other.test'))).rejects.toMatchObject({ canRetry: true })
    await send(port, ask('mail.test'))
    expect(seen).toHaveLength(1)
  })
})

test('without TLS a password is not sent, except to this machine', async () => {
  const options = { hideSTARTTLS: true, allowInsecureAuth: true }
  await withServer(options, async (port, seen) => {
    await send(port, 'require_tls: false, auth_username: u, auth_password: pw')
    expect(seen).toMatchObject([{ isTls: false, user: 'u by PLAIN' }])
  })
  await withServer(options, async (port) => {
    const away = {
      ...(net as object),
      connect: (to: { port: number }) => connect({ host: '127.0.0.1', port: to.port }),
    } as never
    const config = `{to: a@x.test, smarthost: 'mail.test:${port}', require_tls: false, auth_username: u, auth_password: pw}`
    const t = harness(email, config, [], { net: away })
    await expect(t.notify()).rejects.toThrow('unencrypted connection')
  })
})

test('a wrong password is told in the words of the server', async () => {
  await withServer({}, async (port, seen) => {
    const wrong = send(port, `${TRUST}, auth_username: u, auth_password: other`)
    await expect(wrong).rejects.toMatchObject({ canRetry: true, message: /535/ })
    expect(seen).toEqual([])
  })
})

test('mails of one group belong to one thread, of one day if asked for', async () => {
  await withServer({}, async (port, seen) => {
    const threaded = (by: string) =>
      `{to: a@x.test, smarthost: '127.0.0.1:${port}', ${TRUST}, threading: {enabled: true, thread_by_date: ${by}}}`
    const parent = async (by: string, groupKey: string) => {
      const t = harness(email, threaded(by), [], { net })
      t.files.replaceSync('/ca.pem', authority.cert)
      await t.notify(sampleNotification({ groupKey }))
      const { text } = seen.at(-1) as Seen
      const [references, answer] = ['References', 'In-Reply-To'].map(
        (name) => new RegExp(`^${name}: (.*)\r$`, 'm').exec(text)?.[1],
      )
      expect(references).toBe(answer)
      return references
    }
    expect(await parent('none', 'g')).toBe('<alert-cd0aa9856147b6c5-@alertmanager>')
    expect(await parent('none', 'g')).toBe(await parent('none', 'g'))
    expect(await parent('none', 'h')).not.toBe(await parent('none', 'g'))
    expect(await parent('daily', 'g')).toMatch(
      /^<alert-cd0aa9856147b6c5-\d{4}-\d\d-\d\d@alertmanager>$/,
    )
  })
})

test('a server that says nothing does not hold anybody up past the deadline', async () => {
  const sockets: Socket[] = []
  const silent = createServer((socket) => sockets.push(socket))
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  const { port } = silent.address() as { port: number }
  const config = `{to: a@x.test, smarthost: '127.0.0.1:${port}', ${TRUST}}`
  for (const isLate of [false, true]) {
    const t = harness(email, config, [], { net })
    t.files.replaceSync('/ca.pem', authority.cert)
    const stop = new AbortController()
    const sending = t.notify(undefined, stop.signal)
    sending.catch(() => {})
    // Once before there is a connection, once while the greeting of the server is waited for.
    while (isLate && sockets.length === 0) await new Promise((resolve) => setImmediate(resolve))
    stop.abort(new Error('context deadline exceeded'))
    await expect(sending).rejects.toThrow(/context deadline exceeded|operation was canceled/)
  }
  for (const socket of sockets) socket.destroy()
  silent.close()
})
