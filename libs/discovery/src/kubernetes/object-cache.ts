/** The objects of one resource in one namespace, kept up to date: list, then watch, list again when that breaks. */
import { at, listAt, textAt } from '../answer-fields.ts'
import { PAGES_MAX } from '../ask.ts'
import type { DiscoveryHost } from '../mechanism.ts'
import type { Connection } from './connection.ts'

const LIST_TIMEOUT_MS = 60_000
const LIST_LIMIT = '500'
/** A watch is ended by the server after this long, and begun anew. */
const WATCH_SECONDS = 300
const RETRY_MIN_MS = 800
const RETRY_MAX_MS = 30_000
const EVENT_BYTES_MAX = 32 << 20

export interface Resource {
  /** `/api/v1/namespaces/default/pods` */
  readonly path: string
  /** `labelSelector`, `fieldSelector`. */
  readonly selectors: Readonly<Record<string, string>>
  /** In metrics; undefined for what only adds labels. */
  readonly role: string | undefined
}

export interface ObjectCacheDeps {
  readonly connection: Connection
  readonly host: DiscoveryHost
  /** Told the key of each object that came, changed or went. */
  onChange(key: string): void
}

/** `namespace/name`, or the name of what has no namespace. */
export function keyOf(object: unknown): string {
  const namespace = textAt(object, 'metadata', 'namespace')
  const name = textAt(object, 'metadata', 'name')
  return namespace === '' ? name : `${namespace}/${name}`
}

class GoneError extends Error {}

export class ObjectCache {
  readonly #resource: Resource
  readonly #deps: ObjectCacheDeps
  readonly #objects = new Map<string, unknown>()
  #version = ''
  /** The list has been read once. */
  isSynced = false

  constructor(resource: Resource, deps: ObjectCacheDeps) {
    this.#resource = resource
    this.#deps = deps
  }

  get(key: string): unknown {
    return this.#objects.get(key)
  }

  entries(): Iterable<[string, unknown]> {
    return this.#objects.entries()
  }

  /** Until `signal` aborts. `synced` is called after each list. */
  async run(signal: AbortSignal, synced: () => void): Promise<void> {
    const { clock, log, metrics } = this.#deps.host
    let waitMs = RETRY_MIN_MS
    let isListed = false
    while (!signal.aborted) {
      try {
        if (!isListed) {
          await this.#list(signal)
          isListed = true
          this.isSynced = true
          synced()
        }
        await this.#watch(signal)
        waitMs = RETRY_MIN_MS
      } catch (err) {
        if (signal.aborted) break
        if (!isListed || err instanceof GoneError) isListed = false
        metrics.kubernetesFailures.inc()
        const fields = { path: this.#resource.path, err: (err as Error).message }
        log.error('Failed to list or watch objects', { discovery: 'kubernetes', ...fields })
        await clock.sleep(waitMs, signal)
        waitMs = Math.min(waitMs * 2, RETRY_MAX_MS)
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const found = new Map<string, unknown>()
    let next = ''
    let version = ''
    for (let page = 0; page < PAGES_MAX; page++) {
      const query = { limit: LIST_LIMIT, ...(next && { continue: next }) }
      const answer: unknown = JSON.parse(await this.#ask(query, LIST_TIMEOUT_MS, signal))
      for (const item of listAt(answer, 'items')) found.set(keyOf(item), item)
      next = textAt(answer, 'metadata', 'continue')
      version = textAt(answer, 'metadata', 'resourceVersion')
      if (next === '') break
    }
    this.#version = version
    for (const key of [...this.#objects.keys()]) {
      if (!found.has(key)) this.#remove(key)
    }
    for (const [key, object] of found) this.#set(key, object)
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const query = {
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: this.#version,
    }
    const decoder = new TextDecoder()
    let rest = ''
    let failure: Error | undefined
    const onPiece = (piece: Uint8Array) => {
      if (failure) throw failure
      rest += decoder.decode(piece, { stream: true })
      const lines = rest.split('\n')
      rest = lines.pop() as string
      if (rest.length > EVENT_BYTES_MAX) failure = new Error('a watch event is too large')
      for (const line of lines) if (line.trim() !== '') failure ??= this.#take(JSON.parse(line))
      if (failure) throw failure
    }
    try {
      await this.#ask(query, (WATCH_SECONDS + 30) * 1000, signal, onPiece)
    } catch (err) {
      throw failure ?? err // The client only knows that reading ended.
    }
  }

  /** Applies one event; an error it brings is returned. */
  #take(event: unknown): Error | undefined {
    const object = at(event, 'object')
    const type = textAt(event, 'type')
    if (type === 'ERROR') {
      const text = textAt(object, 'message') || 'watch failed'
      // The history we ask for is gone: all objects have to be read anew.
      return at(object, 'code') === 410 ? new GoneError(text) : new Error(text)
    }
    this.#version = textAt(object, 'metadata', 'resourceVersion') || this.#version
    if (type === 'ADDED' || type === 'MODIFIED') this.#set(keyOf(object), object)
    else if (type === 'DELETED') this.#remove(keyOf(object))
    return undefined
  }

  #set(key: string, object: unknown): void {
    const known = this.#objects.get(key)
    const version = textAt(object, 'metadata', 'resourceVersion')
    if (known !== undefined && version !== '') {
      if (textAt(known, 'metadata', 'resourceVersion') === version) return
    }
    this.#objects.set(key, object)
    this.#count(known === undefined ? 'add' : 'update')
    this.#deps.onChange(key)
  }

  #remove(key: string): void {
    if (!this.#objects.delete(key)) return
    this.#count('delete')
    this.#deps.onChange(key)
  }

  #count(event: string): void {
    const { role } = this.#resource
    if (role !== undefined) this.#deps.host.metrics.kubernetesEvents.of(role, event).inc()
  }

  async #ask(
    query: Readonly<Record<string, string>>,
    timeoutMs: number,
    signal: AbortSignal,
    onPiece?: (piece: Uint8Array) => void,
  ): Promise<string> {
    const { connection, host } = this.#deps
    const { metrics, clock } = host
    const params = new URLSearchParams({ ...this.#resource.selectors, ...query })
    const started = clock.monotonic()
    let status = '<error>'
    try {
      const answer = await connection.client.request({
        method: 'GET',
        url: `${connection.server}${this.#resource.path}?${params}`,
        headers: { Accept: 'application/json' },
        ...{ timeoutMs, signal },
        bodyLimitBytes: 512 << 20,
        ...(onPiece && { onPiece }),
      })
      status = String(answer.status)
      const text = Buffer.from(answer.body).toString('utf8')
      if (answer.status === 410) throw new GoneError('the resource version is too old')
      if (answer.status !== 200) {
        throw new Error(`HTTP status ${answer.status}: ${text.slice(0, 300)}`)
      }
      return text
    } finally {
      metrics.kubernetesRequests.of(status).inc()
      const seconds = (clock.monotonic() - started) / 1000
      metrics.kubernetesRequestSeconds.of(this.#resource.path).observe(seconds)
    }
  }
}
