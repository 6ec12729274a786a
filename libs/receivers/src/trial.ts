/**
 * Trying out a receiver: what it would send for a notification, request by request, or what became of really
 * sending it. Secrets are hidden unless they are asked for.
 */
import type { HttpAnswer, HttpClient, HttpClientConfig, HttpRequest } from '@prom/http'
import { deliver, type SmtpDelivery } from './email/smtp.ts'
import type { Notification } from './notification.ts'
import type { ReceiverDeps } from './receiver.ts'
import { RECEIVER_KINDS } from './receivers.ts'
import { SecretFilter } from './secret-filter.ts'

export interface TriedRequest {
  /** `SMTP` for a mail. */
  readonly method: string
  readonly url: string
  /** Lower-case names; of a mail `from` and `to` of the envelope. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Of the answer; undefined when nothing was sent or nothing came back. */
  readonly status: number | undefined
}

export interface TriedIntegration {
  readonly name: string
  readonly index: number
  readonly requests: readonly TriedRequest[]
  /** Why it failed; undefined when it worked. */
  readonly error: string | undefined
}

export interface TrialOptions {
  /** False: nothing leaves the program, and every request is taken to succeed. */
  readonly isSending: boolean
  readonly showsSecrets: boolean
}

/** A receiver of a loaded configuration. */
export interface TriedReceiver {
  readonly configs: ReadonlyMap<string, readonly unknown[]>
}

/** One attempt of each integration of the receiver, without retries; never rejects. */
export function tryReceiver(
  { configs }: TriedReceiver,
  notification: Notification,
  deps: ReceiverDeps,
  options: TrialOptions,
  signal: AbortSignal,
): Promise<TriedIntegration[]> {
  const attempts = RECEIVER_KINDS.flatMap((kind) =>
    (configs.get(kind.name) ?? []).map(async (config, index): Promise<TriedIntegration> => {
      const recorder = new Recorder(deps, options, new SecretFilter(config))
      let error: string | undefined
      try {
        const own = { ...notification, receiverData: new Map(notification.receiverData) }
        await kind.create(config, recorder.deps())(own, signal)
      } catch (err) {
        error = recorder.shown((err as Error).message)
      }
      await recorder.close()
      return { name: kind.name, index, requests: recorder.requests(), error }
    }),
  )
  return Promise.all(attempts)
}

/** An answer every kind of receiver takes as success. */
const FINE: HttpAnswer = {
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: new TextEncoder().encode(
    '{"ok":true,"ts":"0","channel":"none","success":true,"access_token":"none","errcode":0,"issues":[]}',
  ),
}

const REQUESTS_MAX = 32

/** Stands between one integration and the network. */
class Recorder {
  readonly #deps: ReceiverDeps
  readonly #options: TrialOptions
  readonly #secrets: SecretFilter
  readonly #requests: TriedRequest[] = []
  readonly #clients: HttpClient[] = []

  constructor(deps: ReceiverDeps, options: TrialOptions, secrets: SecretFilter) {
    this.#deps = deps
    this.#options = options
    this.#secrets = secrets
  }

  deps(): ReceiverDeps {
    const { files, templates } = this.#deps
    return {
      ...this.#deps,
      createClient: (config) => this.#client(config),
      templates: templates.listening((source, text) => this.#secrets.expanded(source, text)),
      files: {
        statSync: (path) => files.statSync(path),
        readText: async (path, signal) => {
          const text = await files.readText(path, signal)
          this.#secrets.add(text)
          this.#secrets.add(text.trim())
          return text
        },
      },
      deliverMail: async (delivery, net, until) => {
        this.#record(mailRequest(delivery), undefined)
        return this.#options.isSending ? deliver(delivery, net, until) : { refused: [] }
      },
    }
  }

  requests(): TriedRequest[] {
    return this.#requests.map((request) => ({
      ...request,
      url: this.shown(request.url),
      headers: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, this.shown(value)]),
      ),
      body: this.shown(request.body),
    }))
  }

  shown(text: string): string {
    return this.#options.showsSecrets ? text : this.#secrets.hide(text)
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()))
  }

  #client(config: HttpClientConfig): HttpClient {
    const real = this.#options.isSending ? this.#deps.createClient(config) : undefined
    if (real) this.#clients.push(real)
    return {
      request: async (request) => {
        const tried = httpRequest(request, config)
        if (!real) {
          this.#record(tried, undefined)
          return FINE
        }
        const at = this.#record(tried, undefined)
        const answer = await real.request(request)
        if (at < REQUESTS_MAX) this.#requests[at] = { ...tried, status: answer.status }
        return answer
      },
      close: async () => {},
    }
  }

  #record(request: Omit<TriedRequest, 'status'>, status: number | undefined): number {
    if (this.#requests.length >= REQUESTS_MAX) return REQUESTS_MAX
    return this.#requests.push({ ...request, status }) - 1
  }
}

function httpRequest(request: HttpRequest, config: HttpClientConfig): Omit<TriedRequest, 'status'> {
  const { method, url, headers = {}, body = '' } = request
  return {
    method,
    url,
    headers: { ...headers, ...configuredHeaders(config) },
    body: typeof body === 'string' ? body : new TextDecoder().decode(body),
  }
}

/** What the client adds on the way; credentials are named, not shown. */
function configuredHeaders({
  basicAuth,
  authorization,
  oauth2,
}: HttpClientConfig): Record<string, string> {
  if (basicAuth) return { authorization: 'Basic <secret>' }
  if (authorization) return { authorization: `${authorization.type || 'Bearer'} <secret>` }
  return oauth2 ? { authorization: 'Bearer <secret>' } : {}
}

function mailRequest({
  host,
  port,
  isImplicitTls,
  from,
  to,
  message,
}: SmtpDelivery): Omit<TriedRequest, 'status'> {
  return {
    method: 'SMTP',
    url: `${isImplicitTls ? 'smtps' : 'smtp'}://${host}:${port}`,
    headers: { from, to: to.join(', ') },
    body: message,
  }
}
