/** Sends the group as mail: HTML, text or both. */
import { createHash } from 'node:crypto'
import { tlsConfig } from '@prom/http'
import { bool, field, type Infer, map, oneOf, optional, secret, string, struct } from '@prom/yaml'
import { parseAddresses } from '../email/addresses.ts'
import { printMessage } from '../email/message.ts'
import { deliver } from '../email/smtp.ts'
import { NotifyError } from '../errors.ts'
import { hostPort } from '../host-port.ts'
import type { Notification } from '../notification.ts'
import { defineReceiver, type ReceiverDeps } from '../receiver.ts'
import { readSecret } from '../secrets.ts'
import { tlsOptionsOf } from '../tls-options.ts'

const threadingConfig = struct('config.plain', {
  enabled: field('enabled', bool),
  threadByDate: field(
    'thread_by_date',
    oneOf(['none', 'daily'], (text) => `unknown thread_by_date ${text}`),
  ),
})

const emailConfig = struct(
  'config.plain',
  {
    sendResolved: field('send_resolved', bool, { default: false, isAlwaysPrinted: true }),
    to: field('to', string),
    from: field('from', string),
    hello: field('hello', string),
    smarthost: field('smarthost', hostPort),
    authUsername: field('auth_username', string),
    authPassword: field('auth_password', secret),
    authPasswordFile: field('auth_password_file', string),
    authSecret: field('auth_secret', secret),
    authSecretFile: field('auth_secret_file', string),
    authIdentity: field('auth_identity', string),
    headers: field('headers', map(string)),
    html: field('html', string, { default: '{{ template "email.default.html" . }}' }),
    text: field('text', string),
    requireTls: field('require_tls', optional(bool)),
    tlsConfig: field('tls_config', optional(tlsConfig)),
    forceImplicitTls: field('force_implicit_tls', optional(bool)),
    threading: field('threading', threadingConfig, { default: threadingConfig.zero }),
  },
  {
    typeName: 'config.EmailConfig',
    check: ({ to, headers, threading }) => {
      if (to === '') return 'missing to address in email config'
      const names = new Set<string>()
      for (const name of headers.keys()) {
        const canonical = canonicalHeader(name)
        if (names.has(canonical)) return `duplicate header "${canonical}" in email config`
        names.add(canonical)
      }
      if (!threading.enabled) return undefined
      if (names.has('References') || names.has('In-Reply-To'))
        return 'conflicting configuration: threading.enabled conflicts with custom In-Reply-To and References headers'
      return undefined
    },
    finish: (config) => ({
      ...config,
      headers: new Map([...config.headers].map(([name, value]) => [canonicalHeader(name), value])),
    }),
  },
)

export type EmailConfig = Infer<typeof emailConfig>

export const email = defineReceiver<EmailConfig>({
  name: 'email',
  schema: emailConfig,
  complete: (config, global) => {
    const smarthost = config.smarthost.host === '' ? global.smtpSmarthost : config.smarthost
    if (smarthost.host === '') return { error: 'no global SMTP smarthost set' }
    const from = config.from || global.smtpFrom
    if (from === '') return { error: 'no global SMTP from set' }
    const hasPassword = !config.authPassword.isEmpty || config.authPasswordFile !== ''
    const hasSecret = !config.authSecret.isEmpty || config.authSecretFile !== ''
    const headers = new Map(config.headers)
    if (!headers.has('Subject')) headers.set('Subject', DEFAULT_SUBJECT)
    if (!headers.has('To')) headers.set('To', config.to)
    if (!headers.has('From')) headers.set('From', from)
    return {
      ...config,
      smarthost,
      from,
      headers,
      hello: config.hello || global.smtpHello,
      authUsername: config.authUsername || global.smtpAuthUsername,
      authPassword: hasPassword ? config.authPassword : global.smtpAuthPassword,
      authPasswordFile: hasPassword ? config.authPasswordFile : global.smtpAuthPasswordFile,
      authSecret: hasSecret ? config.authSecret : global.smtpAuthSecret,
      authSecretFile: hasSecret ? config.authSecretFile : global.smtpAuthSecretFile,
      authIdentity: config.authIdentity || global.smtpAuthIdentity,
      requireTls: config.requireTls ?? global.smtpRequireTls,
      tlsConfig: config.tlsConfig ?? global.smtpTlsConfig,
      forceImplicitTls: config.forceImplicitTls ?? global.smtpForceImplicitTls,
    }
  },
  sendResolved: ({ sendResolved }) => sendResolved,
  create: (config, deps) => async (notification, signal) => {
    const { templates, net, log } = deps
    const data = templates.data(notification)
    const [from] = exactlyOne(templates.text(config.from, data))
    const to = addresses('to', templates.text(config.to, data))
    const message = compose(config, notification, deps)
    const { refused } = await (deps.deliverMail ?? deliver)(
      {
        host: config.smarthost.host,
        port: Number(config.smarthost.port),
        hello: config.hello,
        isImplicitTls: config.forceImplicitTls ?? config.smarthost.port === '465',
        requiresTls: config.requireTls ?? true,
        tls: await tlsOf(config, deps),
        login: await loginOf(config, deps),
        from: from as string,
        to,
        message,
      },
      net,
      signal,
    )
    // Those the server takes have their mail; sending again would only repeat it to them.
    for (const reason of refused) log.warn('Recipient refused by mail server', { err: reason })
  },
})

const DEFAULT_SUBJECT = '{{ template "email.default.subject" . }}'

async function tlsOf({ tlsConfig }: EmailConfig, { files }: ReceiverDeps) {
  if (!tlsConfig) return {}
  try {
    return await tlsOptionsOf(tlsConfig, files)
  } catch (err) {
    const message = `parse TLS configuration: ${(err as Error).message}`
    throw new NotifyError(message, { canRetry: false, cause: err })
  }
}

async function loginOf(config: EmailConfig, { files }: ReceiverDeps) {
  if (config.authUsername === '') return undefined
  return {
    username: config.authUsername,
    password: await readSecret(config.authPassword, config.authPasswordFile, files),
    secret: await readSecret(config.authSecret, config.authSecretFile, files, { isTrimmed: false }),
    identity: config.authIdentity,
  }
}

function compose(config: EmailConfig, notification: Notification, deps: ReceiverDeps): string {
  const { templates, clock, random, hostname } = deps
  const data = templates.data(notification)
  const headers: [string, string][] = []
  for (const [name, template] of config.headers) {
    headers.push([name, templates.text(template, data)])
  }
  if (config.threading.enabled) {
    const parent = threadId(notification.groupKey, config.threading.threadByDate, clock.now())
    headers.push(['References', parent], ['In-Reply-To', parent])
  }
  const digits = (count: number) => Buffer.from(random.bytes(count)).readUIntBE(0, count)
  return printMessage({
    headers,
    messageId: config.headers.has('Message-Id')
      ? undefined
      : `<${clock.now()}${String(digits(3) % 1_000_000).padStart(6, '0')}.${digits(6)}@${hostname}>`,
    atMs: clock.now(),
    boundary: Buffer.from(random.bytes(30)).toString('hex'),
    text: config.text === '' ? '' : templates.text(config.text, data),
    html: config.html === '' ? '' : templates.html(config.html, data),
  })
}

/** The same for all mails of a group (of a day), so that mail programs show them as one thread. */
function threadId(groupKey: string, byDate: string, atMs: number): string {
  const hash = createHash('sha256').update(groupKey).digest('hex').slice(0, 16)
  const at = new Date(atMs)
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `<alert-${hash}-${byDate === 'daily' ? day : ''}@alertmanager>`
}

function addresses(what: string, text: string): string[] {
  try {
    return parseAddresses(text)
  } catch (err) {
    const message = `parse '${what}' addresses: ${(err as Error).message}`
    throw new NotifyError(message, { canRetry: false, cause: err })
  }
}

function exactlyOne(text: string): string[] {
  const found = addresses('from', text)
  if (found.length !== 1) {
    throw new NotifyError(`must be exactly one 'from' address (got: ${found.length})`, {
      canRetry: false,
    })
  }
  return found
}

/** `x-foo` becomes `X-Foo`, as Go's textproto does. */
function canonicalHeader(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return name
  return name
    .toLowerCase()
    .replace(/(^|-)([a-z])/g, (_, dash: string, letter: string) => dash + letter.toUpperCase())
}
