import { type CollectorDeps, defineCollector } from '../collector.ts'
import { askTime, type NtpAnswer } from './ntp-query.ts'

const LEAP_NOT_SYNCHRONISED = 3
const STRATUM_MAX = 16
const MILLISECOND = 0.001

export const ntp = defineCollector({
  name: 'ntp',
  isDefault: false,
  flags: [
    {
      name: 'collector.ntp.server',
      kind: 'string',
      fallback: '127.0.0.1',
      help: 'NTP server to use for ntp collector',
    },
    {
      name: 'collector.ntp.server-port',
      kind: 'integer',
      fallback: '123',
      help: 'UDP port number to connect to on NTP server',
    },
    {
      name: 'collector.ntp.protocol-version',
      kind: 'integer',
      fallback: '4',
      help: 'NTP protocol version',
    },
    {
      name: 'collector.ntp.server-is-local',
      kind: 'boolean',
      fallback: 'false',
      help: 'Certify that collector.ntp.server address is not a public ntp server',
    },
    {
      name: 'collector.ntp.ip-ttl',
      kind: 'integer',
      fallback: '1',
      help: 'IP TTL to use while sending NTP query',
    },
    {
      name: 'collector.ntp.max-distance',
      kind: 'duration',
      fallback: '3.46608s',
      help: 'Max accumulated distance to the root',
    },
    {
      name: 'collector.ntp.local-offset-tolerance',
      kind: 'duration',
      fallback: '1ms',
      help: 'Offset between local clock and local ntpd time to tolerate',
    },
  ],
  create: (deps) => {
    const { flags, log } = deps
    log.warn('This collector is deprecated and will be removed in the next major version release')
    const options = readOptions(deps)
    const maxDistance = flags.number('collector.ntp.max-distance') * MILLISECOND
    const tolerance = flags.number('collector.ntp.local-offset-tolerance') * MILLISECOND
    return async (page, signal) => {
      const answer = await askTime(deps, options, signal)
      const gauge = (name: string, help: string, value: number) => page.gauge(name, help).add(value)
      gauge('node_ntp_stratum', 'NTPD stratum.', answer.stratum)
      gauge('node_ntp_leap', 'NTPD leap second indicator, 2 bits.', answer.leap)
      gauge('node_ntp_rtt_seconds', 'RTT to NTPD.', answer.rtt)
      gauge('node_ntp_offset_seconds', 'ClockOffset between NTP and local clock.', answer.offset)
      gauge(
        'node_ntp_reference_timestamp_seconds',
        'NTPD ReferenceTime, UNIX timestamp.',
        answer.referenceSeconds,
      )
      gauge('node_ntp_root_delay_seconds', 'NTPD RootDelay.', answer.rootDelay)
      gauge('node_ntp_root_dispersion_seconds', 'NTPD RootDispersion.', answer.rootDispersion)
      gauge(
        'node_ntp_sanity',
        'NTPD sanity according to RFC5905 heuristics and configured limits.',
        isSane(answer, maxDistance, tolerance) ? 1 : 0,
      )
    }
  },
})

function readOptions({ flags }: CollectorDeps) {
  const server = flags.string('collector.ntp.server')
  const port = flags.number('collector.ntp.server-port')
  const version = flags.number('collector.ntp.protocol-version')
  const isLoopback = server === 'localhost' || server === '::1' || server.startsWith('127.')
  if (!isLoopback && !flags.boolean('collector.ntp.server-is-local')) {
    throw new Error('only IP address of local NTP server is valid for --collector.ntp.server')
  }
  if (version < 2 || version > 4) {
    throw new Error(`invalid NTP protocol version ${version}; must be 2, 3, or 4`)
  }
  if (port < 1 || port > 65535)
    throw new Error(`invalid NTP port number ${port}; must be between 1 and 65535 inclusive`)
  return { server, port, version, ttl: flags.number('collector.ntp.ip-ttl') }
}

/** As RFC 5905 judges a server: in step, not too far from its root, and not too far from us. */
function isSane(answer: NtpAnswer, maxDistance: number, tolerance: number): boolean {
  const distance = answer.rtt / 2 + answer.rootDelay / 2 + answer.rootDispersion
  const isValid =
    answer.leap !== LEAP_NOT_SYNCHRONISED && answer.stratum > 0 && answer.stratum < STRATUM_MAX
  return isValid && distance <= maxDistance && answer.minError <= tolerance
}
