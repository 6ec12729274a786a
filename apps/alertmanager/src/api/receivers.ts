/** GET /api/v2/receivers. */
import type { AlertingPart } from '../alerting-part.ts'
import type { Endpoint } from './api.ts'

export function receiversEndpoint(alerting: AlertingPart): Endpoint {
  return {
    path: '/receivers',
    get: () => ({
      status: 200,
      body: alerting.active.config.receivers.map(({ name, labels }) => ({ labels, name })),
    }),
  }
}
