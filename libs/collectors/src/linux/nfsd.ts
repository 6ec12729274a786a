import { defineCollector, NoDataError } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'
import { addProcedures, PROCEDURES_V2, PROCEDURES_V3, readRpc, SERVER_V4 } from './nfs-rpc.ts'

type Row = readonly [row: string, column: number, name: string, help: string, isGauge?: boolean]

const ROWS: readonly Row[] = [
  [
    'rc',
    0,
    'node_nfsd_reply_cache_hits_total',
    'Total number of NFSd Reply Cache hits (client lost server response).',
  ],
  [
    'rc',
    1,
    'node_nfsd_reply_cache_misses_total',
    'Total number of NFSd Reply Cache an operation that requires caching (idempotent).',
  ],
  [
    'rc',
    2,
    'node_nfsd_reply_cache_nocache_total',
    'Total number of NFSd Reply Cache non-idempotent operations (rename/delete/…).',
  ],
  ['fh', 0, 'node_nfsd_file_handles_stale_total', 'Total number of NFSd stale file handles'],
  ['io', 0, 'node_nfsd_disk_bytes_read_total', 'Total NFSd bytes read.'],
  ['io', 1, 'node_nfsd_disk_bytes_written_total', 'Total NFSd bytes written.'],
  [
    'th',
    0,
    'node_nfsd_server_threads',
    'Total number of NFSd kernel threads that are running.',
    true,
  ],
  [
    'ra',
    0,
    'node_nfsd_read_ahead_cache_size_blocks',
    'How large the read ahead cache is in blocks.',
    true,
  ],
  [
    'ra',
    11,
    'node_nfsd_read_ahead_cache_not_found_total',
    'Total number of NFSd read ahead cache not found.',
  ],
  ['net', 3, 'node_nfsd_connections_total', 'Total number of NFSd TCP connections.'],
  ['rpc', 0, 'node_nfsd_server_rpcs_total', 'Total number of NFSd RPCs.'],
]

export const nfsd = defineCollector({
  name: 'nfsd',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const text = proc.textIfThere('net/rpc/nfsd')
      if (text === undefined) {
        log.debug('Not collecting NFSd metrics')
        throw new NoDataError()
      }
      const rows = readRpc(text)
      const at = (row: string, i: number) => parseUnsigned(rows.get(row)?.[i] ?? '0')
      for (const [row, column, name, help, isGauge] of ROWS) {
        const samples = isGauge ? page.gauge(name, help) : page.counter(name, help)
        samples.add(at(row, column))
      }
      const packets = page.counter(
        'node_nfsd_packets_total',
        'Total NFSd network packets (sent+received) by protocol type.',
        ['proto'],
      )
      packets.add(at('net', 1), 'udp')
      packets.add(at('net', 2), 'tcp')
      const errors = page.counter(
        'node_nfsd_rpc_errors_total',
        'Total number of NFSd RPC errors by error type.',
        ['error'],
      )
      errors.add(at('rpc', 2), 'fmt')
      errors.add(at('rpc', 3), 'auth')
      errors.add(at('rpc', 4), 'cInt')
      const requests = page.counter(
        'node_nfsd_requests_total',
        'Total number NFSd Requests by method and protocol.',
        ['proto', 'method'],
      )
      addProcedures(requests, '2', WITHOUT_NULL_V2, rows.get('proc2'))
      addProcedures(requests, '3', WITHOUT_NULL_V3, rows.get('proc3'))
      addProcedures(requests, '4', SERVER_V4, rows.get('proc4ops'))
      requests.add(at('wdeleg_getattr', 0), '4', 'WdelegGetattr')
    },
})

/** The empty procedure, first of both protocols, is not exported for the server. */
const WITHOUT_NULL_V2 = [undefined, ...PROCEDURES_V2.slice(1)]
const WITHOUT_NULL_V3 = [undefined, ...PROCEDURES_V3.slice(1)]
