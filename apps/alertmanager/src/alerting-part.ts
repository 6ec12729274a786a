/**
 * Everything that hangs on the configuration file, as one object that is built, checked and then swapped:
 * routes, inhibitor, receivers, templates, dispatcher.
 */
import {
  type AlertMarks,
  type AlertStore,
  Dispatcher,
  type DispatcherMetrics,
  Inhibitor,
  type NotificationListener,
  type NotificationLog,
  type NotifyMetrics,
  notify,
  type Peer,
  type Silences,
} from '@prom/alerting'
import type { AlertmanagerConfig } from '@prom/alertmanager-config'
import type { HttpClient } from '@prom/http'
import type { ReceiverDeps } from '@prom/receivers'
import { type Integration, type NotificationTemplates, RECEIVER_KINDS } from '@prom/receivers'
import type { Clock, Logger, Part, Random } from '@prom/runtime'

const INHIBITOR_GC_MS = 15 * 60_000

export interface AlertingDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly store: AlertStore
  readonly marks: AlertMarks
  readonly silences: Silences
  readonly notificationLog: NotificationLog
  readonly notifyMetrics: NotifyMetrics
  readonly dispatcherMetrics: DispatcherMetrics
  readonly peer: Peer | undefined
  readonly peerTimeoutMs: number
  /** No flush before this time. */
  readonly startAtMs: number
  /** `kind` is what connections are counted under: webhook, email ... */
  readonly receiverDeps: (templates: NotificationTemplates, kind: string) => ReceiverDeps
  readonly history: NotificationListener
  /** Of the dispatcher: how long groups that have become empty are still counted. */
  readonly maintenanceIntervalMs: number
}

/** One configuration at work. */
export interface Active {
  readonly config: AlertmanagerConfig
  readonly dispatcher: Dispatcher
  readonly inhibitor: Inhibitor
  readonly integrations: ReadonlyMap<string, readonly Integration[]>
  readonly templates: NotificationTemplates
}

interface Running extends Active {
  readonly clients: readonly HttpClient[]
  readonly stop: AbortController
  readonly done: Promise<void>
}

export class AlertingPart implements Part {
  readonly #deps: AlertingDeps
  #running: Running | undefined

  constructor(deps: AlertingDeps) {
    this.#deps = deps
  }

  /** Throws before the first `apply`. */
  get active(): Active {
    if (!this.#running) throw new Error('no configuration has been applied yet')
    return this.#running
  }

  get isLoaded(): boolean {
    return this.#running !== undefined
  }

  /** Swaps in a configuration: the old dispatcher ends before the new one begins. */
  async apply(config: AlertmanagerConfig, templates: NotificationTemplates): Promise<void> {
    const { store, clock } = this.#deps
    const inhibitor = new Inhibitor(config.inhibitRules)
    const clients: HttpClient[] = []
    const integrations = this.#integrations(config, templates, clients)
    const dispatcher = this.#dispatcher(config, inhibitor, integrations)
    await this.#end()
    const stop = new AbortController()
    // The inhibitor hears of an alert before the dispatcher does: a flush must know its sources.
    const unsubscribe = store.subscribe((alert) => inhibitor.put(alert))
    const every = async (intervalMs: number, work: () => void) => {
      while (!stop.signal.aborted) {
        await clock.sleep(intervalMs, stop.signal)
        if (!stop.signal.aborted) work()
      }
    }
    const done = Promise.all([
      dispatcher.run(stop.signal, () => {}),
      every(INHIBITOR_GC_MS, () => inhibitor.collectGarbage(clock.now())),
      every(this.#deps.maintenanceIntervalMs, () => dispatcher.maintain()),
    ]).then(unsubscribe)
    this.#running = {
      config,
      dispatcher,
      inhibitor,
      integrations,
      templates,
      clients,
      stop,
      done,
    }
  }

  async run(signal: AbortSignal, ready: () => void): Promise<void> {
    ready()
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    await this.#end()
  }

  async #end(): Promise<void> {
    const running = this.#running
    running?.stop.abort()
    await running?.done
    await Promise.all((running?.clients ?? []).map((client) => client.close()))
  }

  #dispatcher(
    config: AlertmanagerConfig,
    inhibitor: Inhibitor,
    receivers: ReadonlyMap<string, readonly Integration[]>,
  ): Dispatcher {
    const deps = this.#deps
    const log = deps.log.with({ component: 'dispatcher' })
    const pipeline = {
      ...deps,
      log,
      metrics: deps.notifyMetrics,
      inhibitor,
      receivers,
      timeIntervals: config.timeIntervals,
      silencedEndsTo: new Set(
        config.receivers.flatMap((receiver) =>
          receiver.sendResolvedWhenSilenced ? [receiver.name] : [],
        ),
      ),
    }
    return new Dispatcher(config.route, deps.startAtMs, {
      store: deps.store,
      clock: deps.clock,
      log,
      metrics: deps.dispatcherMetrics,
      notify: (flush, signal) => notify(flush, pipeline, signal),
      peerWaitMs: () => (deps.peer?.position() ?? 0) * deps.peerTimeoutMs,
    })
  }

  /** Only receivers that a route names are built. */
  #integrations(
    { route, receivers }: AlertmanagerConfig,
    templates: NotificationTemplates,
    clients: HttpClient[],
  ): Map<string, readonly Integration[]> {
    const { log, receiverDeps } = this.#deps
    const named = new Set([...route.walk()].map(({ options }) => options.receiver))
    const built = new Map<string, readonly Integration[]>()
    const depsOf = (kind: string): ReceiverDeps => {
      const common = receiverDeps(templates, kind)
      return {
        ...common,
        createClient: (settings) => {
          const client = common.createClient(settings)
          clients.push(client)
          return client
        },
      }
    }
    for (const { name, configs } of receivers) {
      if (!named.has(name)) {
        log.info('skipping creation of receiver not referenced by any route', {
          component: 'configuration',
          receiver: name,
        })
        continue
      }
      const integrations = RECEIVER_KINDS.flatMap((kind) =>
        (configs.get(kind.name) ?? []).map((config, index): Integration => {
          return {
            name: kind.name,
            index,
            sendResolved: kind.sendResolved(config),
            notify: kind.create(config, depsOf(kind.name)),
          }
        }),
      )
      built.set(name, integrations)
    }
    return built
  }
}
