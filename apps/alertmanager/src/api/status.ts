/** GET /api/v2/status. */
import type { BuildInfo } from '@prom/daemon'
import type { Json } from '@prom/receivers'
import type { AlertingPart } from '../alerting-part.ts'
import type { Endpoint } from './api.ts'
import { printApiTime } from './decode.ts'

export interface StatusDeps {
  readonly alerting: AlertingPart
  readonly build: BuildInfo
  readonly startedAtMs: number
  /** Name, peers and state as the API prints them. */
  readonly cluster: () => Json
}

export function statusEndpoint({ alerting, build, startedAtMs, cluster }: StatusDeps): Endpoint {
  return {
    path: '/status',
    get: () => ({
      status: 200,
      body: {
        cluster: cluster(),
        config: { original: alerting.active.config.printed },
        uptime: printApiTime(startedAtMs),
        versionInfo: {
          branch: build.branch,
          buildDate: build.buildDate,
          buildUser: build.buildUser,
          goVersion: build.goVersion,
          revision: build.revision,
          version: build.version,
        },
      },
    }),
  }
}
