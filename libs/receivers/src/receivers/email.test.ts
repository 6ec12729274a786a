import { connect, createServer, type NetConnectOpts } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { encodeHeader, printMailDate } from '../email/message.ts'
import { encodeQuotedPrintable } from '../email/quoted-printable.ts'
import { harness, sampleAlert, sampleNotification } from '../testing/harness.ts'
import { email } from './email.ts'

interface Mail {
  readonly from: string
  readonly to: string[]
  readonly text: string
  readonly user: string | undefined
  readonly isTls: boolean
}

async function withServer(
  options: SMTPServerOptions,
  use: (port: number, mails: Mail[]) => Promise<void>,
): Promise<void> {
  const mails: Mail[] = []
  const server = new SMTPServer({
    logger: false,
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    ...options,
    onData(stream, session, done) {
      const parts: Buffer[] = []
      stream.on('data', (part: Buffer) => parts.push(part))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          text: Buffer.concat(parts).toString(),
          user: session.user as string | undefined,
          isTls: session.secure,
        })
        done()
      })
    },
  })
  server.on('error', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.server.address() as { port: number }
  try {
    await use(port, mails)
  } finally {
    await new Promise<void>((resolve) => server.close(resolve))
  }
}

const net = {
  connect: (options: NetConnectOpts) => connect(options),
  createServer: (listener: Parameters<typeof createServer>[1]) => createServer(listener as never),
} as never

const config = (port: number, more = '') =>
  `{to: 'A <a@x.test>, b@x.test', smarthost: '127.0.0.1:${port}', require_tls: false, ${more}}`

test('a mail has its headers and both of its forms, escaped for their place', async () => {
  await withServer({ hideSTARTTLS: true }, async (port, mails) => {
    const t = harness(
      email,
      config(
        port,
        `headers: {Subject: 'Wärme {{ .Status }}', x-one: two}, text: 'plain = {{ .Status }}'`,
      ),
      [],
      { net },
    )
    await t.notify(
      sampleNotification({ alerts: [sampleAlert({ generatorUrl: 'javascript:alert(1)' })] }),
    )
    const mail = mails[0] as Mail
    expect([mail.from, mail.to]).toEqual(['am@example.org', ['a@x.test', 'b@x.test']])
    expect(mail.text).toContain('Subject: =?utf-8?q?W=C3=A4rme_firing?=\r\n')
    expect(mail.text).toContain('To: A <a@x.test>, b@x.test\r\n')
    expect(mail.text).toContain('X-One: two\r\n')
    expect(mail.text).toMatch(/Message-Id: <\d+\.\d+@host>\r\n/)
    expect(mail.text).toMatch(
      /Content-Type: multipart\/alternative; {2}boundary=[0-9a-f]+\r\nMIME-Version: 1\.0\r\n\r\n--/,
    )
    const plain = mail.text.indexOf('text/plain; charset=UTF-8\r\n\r\nplain =3D firing')
    const html = mail.text.indexOf('text/html; charset=UTF-8')
    expect(plain).toBeGreaterThan(0)
    expect(html).toBeGreaterThan(plain)
    const page = mail.text.slice(html).replace(/=\r\n/g, '')
    expect(page).toContain('full &lt;b&gt;')
    expect(page).not.toMatch(/href=3D"javascript/)
    expect(Math.max(...mail.text.split('\r\n').map((line) => line.length))).toBeLessThan(999)
  })
})

test('the first usable way to log in, in the order of the server, is taken', async () => {
  const f = async (methods: string[], more: string, method: string) => {
    let used = ''
    const options: SMTPServerOptions = {
      authMethods: methods,
      allowInsecureAuth: true,
      hideSTARTTLS: true,
      onAuth(auth, _session, done) {
        used = auth.method
        const isRight =
          auth.method === 'CRAM-MD5'
            ? auth.validatePassword('sec')
            : auth.password === 'pw' && auth.username === 'u'
        done(isRight ? null : new Error('no'), { user: 'u' })
      },
    }
    await withServer(options, async (port, mails) => {
      const t = harness(email, config(port, `auth_username: u, ${more}`), [], { net })
      await t.notify()
      expect([used, mails[0]?.user]).toEqual([method, 'u'])
    })
  }
  await f(['PLAIN', 'LOGIN'], 'auth_password: pw', 'PLAIN')
  await f(['LOGIN'], 'auth_password: pw', 'LOGIN')
  await f(['CRAM-MD5', 'PLAIN'], 'auth_secret: sec, auth_password: pw', 'CRAM-MD5')
  await f(['CRAM-MD5', 'PLAIN'], 'auth_password: pw', 'PLAIN')
})

test('faults name the step that failed, and may be tried again', async () => {
  await withServer({ hideSTARTTLS: true }, async (port) => {
    const strict = harness(
      email,
      `{to: a@x.test, smarthost: '127.0.0.1:${port}', require_tls: true}`,
      [],
      { net },
    )
    await expect(strict.notify()).rejects.toMatchObject({
      canRetry: true,
      message: expect.stringMatching(/STARTTLS/) as string,
    })
  })
  const refusing: SMTPServerOptions = {
    hideSTARTTLS: true,
    onMailFrom: (_address, _session, done) => done(new Error('not you')),
  }
  await withServer(refusing, async (port) => {
    const t = harness(email, config(port), [], { net })
    await expect(t.notify()).rejects.toMatchObject({
      canRetry: true,
      message: expect.stringContaining('send MAIL command: 550') as string,
    })
  })
  const closed = harness(email, config(1), [], { net })
  await expect(closed.notify()).rejects.toMatchObject({
    canRetry: true,
    message: expect.stringContaining('establish connection to server: ') as string,
  })
})

test('one refused recipient keeps nobody else from being told', async () => {
  const options: SMTPServerOptions = {
    hideSTARTTLS: true,
    onRcptTo: (address, _session, done) =>
      done(address.address === 'a@x.test' ? new Error('unknown') : null),
  }
  await withServer(options, async (port, mails) => {
    const t = harness(email, config(port), [], { net })
    await t.notify()
    expect(mails[0]?.to).toEqual(['b@x.test'])
    expect(t.log.lines.map(({ message }) => message)).toEqual(['Recipient refused by mail server'])
  })
})

test('headers and bodies are encoded as the RFCs ask', () => {
  expect(encodeHeader('plain')).toBe('plain')
  expect(encodeHeader('a\r\nBcc: x')).toBe('=?utf-8?q?a=0D=0ABcc:_x?=')
  expect(encodeQuotedPrintable('a=b \nü')).toBe('a=3Db=20\r\n=C3=BC')
  const long = encodeQuotedPrintable('x'.repeat(200)).split('\r\n')
  expect(long.map((line) => line.length)).toEqual([76, 76, 50])
  expect(printMailDate(Date.UTC(2026, 0, 2, 3, 4, 5))).toMatch(
    /^(Thu|Fri|Sat), 0[1-3] Jan 2026 \d\d:\d\d:05 [+-]\d{4}$/,
  )
})

test('what the file must say', () => {
  const f = (text: string, error: string) => expect(() => harness(email, text)).toThrow(error)
  f('{from: a}', 'missing to address in email config')
  f('{to: a, headers: {subject: x, Subject: y}}', 'duplicate header "Subject" in email config')
  f('{to: a, smarthost: b}', 'missing port in address')
})
