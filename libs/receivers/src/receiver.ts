/** What a kind of receiver is: a name, the schema of its configuration, and how it sends. */
import type { HttpClient, HttpClientConfig } from '@prom/http'
import type { Clock, HostFiles, HostNet, Logger, Random } from '@prom/runtime'
import type { Schema } from '@prom/yaml'
import type { deliver } from './email/smtp.ts'
import type { GlobalConfig } from './global-config.ts'
import type { Notification } from './notification.ts'
import type { NotificationTemplates } from './templates.ts'

export interface ReceiverDeps {
  readonly createClient: (config: HttpClientConfig) => HttpClient
  readonly templates: NotificationTemplates
  readonly files: Pick<HostFiles, 'readText' | 'statSync'>
  readonly net: HostNet
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly env: Readonly<Record<string, string | undefined>>
  readonly hostname: string
  readonly userAgent: string
  /** Sends a mail in place of the SMTP client, to look at what would be sent. */
  readonly deliverMail?: typeof deliver
}

export type Send = (notification: Notification, signal: AbortSignal) => Promise<void>

export interface ReceiverKind<C> {
  /** As in metrics and logs; the key in a receiver is `<name>_configs`. */
  readonly name: string
  readonly schema: Schema<C>
  /**
   * Fills in what the global section provides; returns the original's error text if something is missing.
   * Runs once, when the file is read.
   */
  readonly complete: (config: C, global: GlobalConfig) => C | { readonly error: string }
  readonly sendResolved: (config: C) => boolean
  readonly create: (config: C, deps: ReceiverDeps) => Send
}

/** A kind whose type of configuration only itself knows. */
export interface AnyReceiverKind {
  readonly name: string
  readonly schema: Schema<unknown>
  readonly complete: (config: unknown, global: GlobalConfig) => unknown
  readonly sendResolved: (config: unknown) => boolean
  readonly create: (config: unknown, deps: ReceiverDeps) => Send
}

/** Ties the parts of a kind together, each with the same type of configuration. */
export function defineReceiver<C>(kind: ReceiverKind<C>): AnyReceiverKind {
  return kind as unknown as AnyReceiverKind
}
