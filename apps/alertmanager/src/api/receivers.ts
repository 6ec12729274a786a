/** GET /api/v2/receivers. */
import type { MatcherParser } from '@prom/alerting'
import type { AlertingPart } from '../alerting-part.ts'
import type { Endpoint } from './api.ts'
import { parseMatchers, wantedReceivers } from './filters.ts'

export function receiversEndpoint(alerting: AlertingPart, parser: MatcherParser): Endpoint {
  return {
    path: '/receivers',
    get: ({ query }) => {
      const { receivers } = alerting.active.config
      const receiverMatchers = parseMatchers(query, parser, 'receiver_matchers')
      const wanted = wantedReceivers({ receiver: undefined, receiverMatchers }, receivers)
      return {
        status: 200,
        body: receivers
          .filter(({ name }) => wanted?.has(name) ?? true)
          .map(({ name, labels }) => ({ labels, name })),
      }
    },
  }
}
