/** Answers of the endpoints that the original does not have. */
import type { ApiSilence } from './api-client.ts'

type Pairs = Readonly<Record<string, string>>

export interface ApiRouteStep {
  readonly matchers: string
  readonly receiver: string
  readonly continue: boolean
  readonly verdict: 'matched' | 'failed' | 'skipped'
  readonly failedMatcher?: string
  readonly destination: boolean
  readonly routes: readonly ApiRouteStep[]
}

export interface ApiDestination {
  readonly receiver: string
  readonly groupKey: string
  readonly groupExists: boolean
  readonly groupAlerts: number
  readonly mutedBy: readonly string[]
  readonly nextFlush: string
  readonly notified: boolean
  readonly integrations: readonly {
    readonly name: string
    readonly index: number
    readonly lastNotification?: {
      readonly at: string
      readonly firing: number
      readonly resolved: number
    }
    readonly nextFlushSends: boolean
    readonly reason: string
    readonly nextRepeat?: string
  }[]
}

export interface ApiExplanation {
  readonly labels: Pairs
  readonly known: boolean
  readonly status: string
  readonly inhibitedBy: {
    readonly rule: {
      readonly index: number
      readonly name?: string
      readonly sourceMatchers: string
      readonly targetMatchers: string
      readonly equal: readonly string[]
    }
    readonly source: { readonly fingerprint: string; readonly labels: Pairs }
  } | null
  readonly silencedBy: readonly ApiSilence[]
  readonly routes: ApiRouteStep
  readonly destinations: readonly ApiDestination[]
}

export interface ApiTrial {
  readonly receiver: string
  readonly sent: boolean
  readonly integrations: readonly {
    readonly name: string
    readonly index: number
    readonly success: boolean
    readonly error?: string
    readonly requests: readonly {
      readonly method: string
      readonly url: string
      readonly headers: Pairs
      readonly body: string
      readonly status?: number
    }[]
  }[]
}

export interface ApiEvent {
  readonly kind: 'alert' | 'notification' | 'silence'
  readonly at: string
  readonly event: string
  readonly labels?: Pairs
  readonly receiver?: string
  readonly integration?: string
  readonly groupKey?: string
  readonly reason?: string
  readonly firing?: number
  readonly resolved?: number
  readonly attempts?: number
  readonly error?: string
  readonly silence?: ApiSilence
}
