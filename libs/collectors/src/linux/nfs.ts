import { defineCollector, NoDataError } from '../collector.ts'
import { parseUnsigned } from '../kernel-number.ts'
import { addProcedures, CLIENT_V4, PROCEDURES_V2, PROCEDURES_V3, readRpc } from './nfs-rpc.ts'

export const nfs = defineCollector({
  name: 'nfs',
  isDefault: true,
  create:
    ({ proc, log }) =>
    (page) => {
      const text = proc.textIfThere('net/rpc/nfs')
      if (text === undefined) {
        log.debug('Not collecting NFS metrics')
        throw new NoDataError()
      }
      const rows = readRpc(text)
      const at = (row: string, i: number) => parseUnsigned(rows.get(row)?.[i] ?? '0')
      const packets = page.counter(
        'node_nfs_packets_total',
        'Total NFSd network packets (sent+received) by protocol type.',
        ['protocol'],
      )
      packets.add(at('net', 1), 'udp')
      packets.add(at('net', 2), 'tcp')
      page
        .counter('node_nfs_connections_total', 'Total number of NFSd TCP connections.')
        .add(at('net', 3))
      page.counter('node_nfs_rpcs_total', 'Total number of RPCs performed.').add(at('rpc', 0))
      page
        .counter('node_nfs_rpc_retransmissions_total', 'Number of RPC transmissions performed.')
        .add(at('rpc', 1))
      page
        .counter(
          'node_nfs_rpc_authentication_refreshes_total',
          'Number of RPC authentication refreshes performed.',
        )
        .add(at('rpc', 2))
      const requests = page.counter(
        'node_nfs_requests_total',
        'Number of NFS procedures invoked.',
        ['proto', 'method'],
      )
      addProcedures(requests, '2', PROCEDURES_V2, rows.get('proc2'))
      addProcedures(requests, '3', PROCEDURES_V3, rows.get('proc3'))
      addProcedures(requests, '4', CLIENT_V4, rows.get('proc4'))
    },
})
