import type { HttpServer } from '@prom/http'
import type { Collector, MetricFamily } from '@prom/metrics'

const LABELS = ['listener_name', 'http']

/** The original's `net_conntrack_listener_*`, and what found no place to wait. */
export function createConnectionMetrics(http: Pick<HttpServer, 'connectionCounts'>): Collector {
  const count = (name: string, help: string, value: number): MetricFamily => ({
    ...{ name, help, type: 'counter' },
    points: [{ labels: LABELS, value }],
  })
  return {
    collect: () => {
      const { accepted, closed, refused } = http.connectionCounts()
      return [
        count(
          'net_conntrack_listener_conn_accepted_total',
          'Total number of connections opened to the listener of a given name.',
          accepted,
        ),
        count(
          'net_conntrack_listener_conn_closed_total',
          'Total number of connections closed that were made to the listener of a given name.',
          closed,
        ),
        count(
          'net_conntrack_listener_conn_refused_total',
          'Total number of connections that found no place to wait in for the limit.',
          refused,
        ),
      ]
    },
  }
}
