/** One mail over one SMTP connection, on nodemailer's protocol engine. */
import { createHmac } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { HostNet } from '@prom/runtime'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { NotifyError } from '../errors.ts'

export interface SmtpLogin {
  readonly username: string
  readonly password: string
  readonly secret: string
  readonly identity: string
}

export interface SmtpDelivery {
  readonly host: string
  readonly port: number
  readonly hello: string
  /** TLS from the first byte. */
  readonly isImplicitTls: boolean
  readonly requiresTls: boolean
  readonly tls: ConnectionOptions
  readonly login: SmtpLogin | undefined
  readonly from: string
  readonly to: readonly string[]
  readonly message: string
}

export interface SmtpResult {
  /** Recipients the server refused, with its words; the others have their mail. */
  readonly refused: readonly string[]
}

/** Steps of nodemailer and how the original names them in its errors. */
const STEPS: Readonly<Record<string, string>> = {
  CONN: 'establish connection to server',
  EHLO: 'send EHLO command',
  HELO: 'send EHLO command',
  STARTTLS: 'send STARTTLS command',
  'MAIL FROM': 'send MAIL command',
  'RCPT TO': 'send RCPT command',
  DATA: 'send DATA command',
}

const METHOD = 'ALERTMANAGER'

interface Extension {
  readonly _ehloLines?: readonly string[]
}

export async function deliver(
  delivery: SmtpDelivery,
  net: HostNet,
  signal: AbortSignal,
): Promise<SmtpResult> {
  const socket = await connect(delivery, net, signal)
  const connection = new SMTPConnection({
    connection: socket,
    host: delivery.host,
    port: delivery.port,
    name: delivery.hello,
    secure: delivery.isImplicitTls,
    ignoreTLS: !delivery.requiresTls || delivery.isImplicitTls,
    // An address is no name to ask for, but it is what the certificate has to be for.
    tls: {
      servername: isIP(delivery.host) === 0 ? delivery.host : '',
      host: delivery.host,
      ...delivery.tls,
    },
    logger: false,
    customAuth: {
      [METHOD]: (context) => authenticate(context as unknown as AuthContext, delivery, connection),
    },
  } as ConstructorParameters<typeof SMTPConnection>[0])
  let fail: (err: Error) => void = () => {}
  const abort = () => {
    connection.close()
    fail(new Error('context canceled'))
  }
  signal.addEventListener('abort', abort, { once: true })
  const broken = new Promise<never>((_, reject) => {
    fail = reject
  })
  broken.catch(() => {})
  connection.on('error', (err: Error) => fail(err))
  connection.on('end', () => fail(new Error('EOF')))
  const step = <T>(start: (done: (err?: Error | null, value?: T) => void) => void): Promise<T> =>
    Promise.race([
      broken,
      new Promise<T>((resolve, reject) => {
        start((err, value) => (err ? reject(err) : resolve(value as T)))
      }),
    ])
  try {
    if (signal.aborted) abort()
    await step((done) => connection.connect(done))
    if (delivery.requiresTls && !delivery.isImplicitTls && !connection.secure) {
      throw new NotifyError(
        `'require_tls' is true (default) but "${delivery.host}:${delivery.port}" does not advertise the STARTTLS extension`,
        { canRetry: true },
      )
    }
    if (delivery.login && connection.allowsAuth) {
      await step((done) => connection.login({ method: METHOD } as never, done as never))
    }
    const info = await step<{ rejectedErrors?: Error[] }>((done) =>
      connection.send(
        { from: delivery.from, to: [...delivery.to], use8BitMime: true },
        delivery.message,
        done as never,
      ),
    )
    connection.quit()
    return { refused: (info.rejectedErrors ?? []).map(({ message }) => message) }
  } catch (err) {
    connection.close()
    throw asNotifyError(err, signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function connect({ host, port }: SmtpDelivery, net: HostNet, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port })
    const stop = () => socket.destroy(new Error('operation was canceled'))
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    socket.once('connect', () => {
      signal.removeEventListener('abort', stop)
      socket.removeAllListeners('error')
      resolve(socket)
    })
    socket.once('error', (err: Error) => {
      signal.removeEventListener('abort', stop)
      const message = `establish connection to server: ${err.message}`
      reject(new NotifyError(message, { canRetry: true, cause: err }))
    })
  })
}

interface AuthContext {
  sendCommand(command: string): Promise<{ status: number; response: string; text: string }>
}

/** The first mechanism, in the server's order, for which there are credentials. */
async function authenticate(
  { sendCommand }: AuthContext,
  delivery: SmtpDelivery,
  connection: SMTPConnection,
): Promise<void> {
  const login = delivery.login as SmtpLogin
  const offered = ((connection as unknown as Extension)._ehloLines ?? [])
    .flatMap((line) => /^AUTH[\s=](.*)/i.exec(line)?.[1]?.split(/[\s=]+/) ?? [])
    .map((name) => name.toUpperCase())
  const faults: string[] = []
  for (const mechanism of offered) {
    if (mechanism === 'CRAM-MD5') {
      if (login.secret === '') faults.push('missing secret for CRAM-MD5 auth mechanism')
      else return cramMd5(login, sendCommand)
    } else if (mechanism === 'PLAIN') {
      if (login.password === '') faults.push('missing password for PLAIN auth mechanism')
      else return plain(login, { delivery, connection, sendCommand })
    } else if (mechanism === 'LOGIN') {
      if (login.password === '') faults.push('missing password for LOGIN auth mechanism')
      else return loginAuth(login, sendCommand)
    }
  }
  if (faults.length === 0) faults.push(`unknown auth mechanism: ${offered.join(' ')}`)
  throw new NotifyError(`find auth mechanism: ${faults.join('; ')}`, { canRetry: true })
}

type SendCommand = AuthContext['sendCommand']

async function plain(
  { identity, username, password }: SmtpLogin,
  context: {
    readonly delivery: SmtpDelivery
    readonly connection: SMTPConnection
    readonly sendCommand: SendCommand
  },
): Promise<void> {
  const isLocal = ['localhost', '127.0.0.1', '::1'].includes(context.delivery.host)
  if (!context.connection.secure && !isLocal) {
    throw new NotifyError('*smtp.plainAuth auth: unencrypted connection', { canRetry: true })
  }
  const token = base64(`${identity}\0${username}\0${password}`)
  check(await context.sendCommand(`AUTH PLAIN ${token}`), 235, '*smtp.plainAuth auth')
}

async function loginAuth(
  { username, password }: SmtpLogin,
  sendCommand: SendCommand,
): Promise<void> {
  const place = '*email.loginAuth auth'
  let answer = await sendCommand('AUTH LOGIN')
  for (let i = 0; i < 2; i++) {
    check(answer, 334, place)
    const challenge = Buffer.from(answer.text.trim(), 'base64').toString('utf8')
    if (/^username:$/i.test(challenge)) answer = await sendCommand(base64(username))
    else if (/^password:$/i.test(challenge)) answer = await sendCommand(base64(password))
    else {
      throw new NotifyError(`${place}: unexpected server challenge`, { canRetry: true })
    }
  }
  check(answer, 235, place)
}

async function cramMd5({ username, secret }: SmtpLogin, sendCommand: SendCommand): Promise<void> {
  const place = '*smtp.cramMD5Auth auth'
  const answer = await sendCommand('AUTH CRAM-MD5')
  check(answer, 334, place)
  const challenge = Buffer.from(answer.text.trim(), 'base64')
  const digest = createHmac('md5', secret).update(challenge).digest('hex')
  check(await sendCommand(base64(`${username} ${digest}`)), 235, place)
}

function check(
  { status, response }: { readonly status: number; readonly response: string },
  wanted: number,
  place: string,
): void {
  if (status === wanted) return
  throw new NotifyError(`${place}: ${response}`, { canRetry: true })
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

function asNotifyError(err: unknown, signal: AbortSignal): NotifyError {
  if (signal.aborted) {
    const reason = (signal.reason as Error | undefined)?.message ?? 'context canceled'
    return new NotifyError(reason, { canRetry: true, cause: err })
  }
  if (err instanceof NotifyError) return err
  const { message, cause, command, response } = err as Error & {
    command?: string
    response?: string
  }
  // Our own errors come back from the engine wrapped or copied by text.
  if (cause instanceof NotifyError) return cause
  if (command?.startsWith('AUTH')) return new NotifyError(message, { canRetry: true, cause: err })
  const step = STEPS[command ?? ''] ?? 'talk to server'
  return new NotifyError(`${step}: ${response || message}`, { canRetry: true, cause: err })
}
