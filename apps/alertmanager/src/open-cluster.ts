/** The cluster as the command line wants it, bound and joined; undefined when it is switched off. */
import { isIP } from 'node:net'
import { Cluster, isPrivate } from '@prom/cluster'
import { openTlsPair } from '@prom/http'
import type { Registry } from '@prom/metrics'
import { createUlid } from '@prom/model'
import type { Host, Logger } from '@prom/runtime'

export interface ClusterFlags {
  readonly clusterListenAddress: string
  readonly clusterAdvertiseAddress: string | undefined
  readonly clusterPeerName: string
  readonly clusterPeers: readonly string[]
  readonly clusterGossipIntervalMs: number
  readonly clusterPushPullIntervalMs: number
  readonly clusterTcpTimeoutMs: number
  readonly clusterProbeTimeoutMs: number
  readonly clusterProbeIntervalMs: number
  readonly clusterSettleTimeoutMs: number
  readonly clusterReconnectIntervalMs: number
  readonly clusterReconnectTimeoutMs: number
  readonly clusterTlsConfig: string
  readonly clusterAllowPublic: boolean
  readonly clusterLabel: string
}

/** Not yet open: states have to be shared first. Throws an Error that says what is wrong with the flags. */
export function createCluster(
  flags: ClusterFlags,
  host: Host,
  { log, metrics }: { readonly log: Logger; readonly metrics: Registry },
): Cluster | undefined {
  if (flags.clusterListenAddress === '') return undefined
  checkIntervals(flags)
  const tls = flags.clusterTlsConfig === '' ? undefined : openTlsPair(flags.clusterTlsConfig)
  if (tls) log.info('using TLS for gossip', { component: 'cluster' })
  const bind = splitAddress(flags.clusterListenAddress)
  const advertise =
    flags.clusterAdvertiseAddress === undefined
      ? { host: advertiseHost(bind.host, flags, host), port: 0 }
      : splitAddress(flags.clusterAdvertiseAddress)
  return new Cluster(
    {
      name: flags.clusterPeerName || createUlid(host.clock.now(), host.random.bytes(10)),
      bindHost: bind.host === '' ? '0.0.0.0' : bind.host,
      bindPort: bind.port,
      advertiseHost: advertise.host,
      advertisePort: advertise.port,
      label: flags.clusterLabel,
      peers: flags.clusterPeers,
      gossipIntervalMs: flags.clusterGossipIntervalMs,
      pushPullIntervalMs: flags.clusterPushPullIntervalMs,
      probeIntervalMs: flags.clusterProbeIntervalMs,
      probeTimeoutMs: flags.clusterProbeTimeoutMs,
      tcpTimeoutMs: flags.clusterTcpTimeoutMs,
      settleTimeoutMs: flags.clusterSettleTimeoutMs,
      reconnectIntervalMs: flags.clusterReconnectIntervalMs,
      reconnectTimeoutMs: flags.clusterReconnectTimeoutMs,
    },
    {
      clock: host.clock,
      random: host.random,
      log: log.with({ component: 'cluster' }),
      metrics,
      net: host.net,
      tls,
      resolve: async (name) => {
        if (isIP(name) !== 0) return [name]
        return (await host.net.lookup?.(name)) ?? []
      },
    },
  )
}

function splitAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text)
  if (!match) throw new Error(`invalid listen address: address ${text}: missing port in address`)
  return { host: match[1] ?? match[2] ?? '', port: Number(match[3]) }
}

/** What others are told to reach us at: the bound address if it is one, else a private one of this machine. */
function advertiseHost(bound: string, { clusterAllowPublic }: ClusterFlags, { net }: Host): string {
  if (bound !== '' && bound !== '0.0.0.0' && bound !== '::') return bound
  // A link local address means nothing without its interface.
  const own = (net.addresses?.() ?? []).filter((address) => !/^fe80:/i.test(address))
  const found = own.find(isPrivate) ?? (clusterAllowPublic ? own[0] : undefined)
  if (found !== undefined) return found
  // Compat: a machine that only has public addresses must say which one to use.
  if (own.length > 0) {
    throw new Error(
      'failed to deduce an advertise address: no private IP found, explicit advertise address not provided',
    )
  }
  return '127.0.0.1'
}

function checkIntervals(flags: ClusterFlags): void {
  const checks: [string, number][] = [
    ['cluster.gossip-interval', flags.clusterGossipIntervalMs],
    ['cluster.pushpull-interval', flags.clusterPushPullIntervalMs],
    ['cluster.tcp-timeout', flags.clusterTcpTimeoutMs],
    ['cluster.probe-timeout', flags.clusterProbeTimeoutMs],
    ['cluster.probe-interval', flags.clusterProbeIntervalMs],
    ['cluster.settle-timeout', flags.clusterSettleTimeoutMs],
    ['cluster.reconnect-interval', flags.clusterReconnectIntervalMs],
    ['cluster.reconnect-timeout', flags.clusterReconnectTimeoutMs],
  ]
  for (const [name, ms] of checks) {
    if (!(ms > 0)) throw new Error(`--${name} must be greater than 0`)
  }
}
