import { defineCollector, NoDataError } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { parseHex, parseUnsigned, words } from '../kernel-number.ts'

const LABELS = [
  'local_address',
  'local_port',
  'remote_address',
  'remote_port',
  'proto',
  'local_mark',
]

export const ipvs = defineCollector({
  name: 'ipvs',
  isDefault: true,
  flags: [
    {
      name: 'collector.ipvs.backend-labels',
      kind: 'string',
      fallback: LABELS.join(','),
      help: 'Comma separated list for IPVS backend stats labels.',
    },
  ],
  create: ({ proc, flags }) => {
    const labels = parseLabels(flags.string('collector.ipvs.backend-labels'))
    return (page) => {
      const statistics = proc.textIfThere('net/ip_vs_stats')
      if (statistics === undefined) throw new NoDataError()
      const totals = words(splitLines(statistics)[2] ?? '')
      if (totals.length !== TOTALS.length)
        throw new Error('ip_vs_stats corrupt: unexpected number of fields')
      TOTALS.forEach(([name, help], i) => {
        page.counter(name, help).add(parseHex(totals[i]))
      })

      const sums = new Map<
        string,
        { values: string[]; active: number; inactive: number; weight: number }
      >()
      for (const row of parseBackends(proc.text('net/ip_vs'))) {
        const values = labels.map((label) => row.labels[label] ?? '')
        const key = values.join('\0')
        const sum = sums.get(key) ?? { values, active: 0, inactive: 0, weight: 0 }
        sum.active += row.active
        sum.inactive += row.inactive
        sum.weight += row.weight
        sums.set(key, sum)
      }
      const active = page.gauge(
        'node_ipvs_backend_connections_active',
        'The current active connections by local and remote address.',
        labels,
      )
      const inactive = page.gauge(
        'node_ipvs_backend_connections_inactive',
        'The current inactive connections by local and remote address.',
        labels,
      )
      const weight = page.gauge(
        'node_ipvs_backend_weight',
        'The current backend weight by local and remote address.',
        labels,
      )
      for (const sum of sums.values()) {
        active.add(sum.active, ...sum.values)
        inactive.add(sum.inactive, ...sum.values)
        weight.add(sum.weight, ...sum.values)
      }
    }
  },
})

const TOTALS = [
  ['node_ipvs_connections_total', 'The total number of connections made.'],
  ['node_ipvs_incoming_packets_total', 'The total number of incoming packets.'],
  ['node_ipvs_outgoing_packets_total', 'The total number of outgoing packets.'],
  ['node_ipvs_incoming_bytes_total', 'The total amount of incoming data.'],
  ['node_ipvs_outgoing_bytes_total', 'The total amount of outgoing data.'],
] as const

function parseLabels(text: string): string[] {
  if (text === '') return []
  const asked = text.split(',')
  for (const label of asked) {
    if (!LABELS.includes(label)) throw new Error(`unknown IPVS backend labels: "${label}"`)
  }
  return LABELS.filter((label) => asked.includes(label))
}

interface Backend {
  readonly labels: Readonly<Record<string, string>>
  readonly weight: number
  readonly active: number
  readonly inactive: number
}

/** A line per service (`TCP  C0A80016:0CEA wlc`), below it one per server (`  -> C0A85216:0CEA Tunnel 100 248 2`). */
function parseBackends(text: string): Backend[] {
  const backends: Backend[] = []
  let local: Record<string, string> = {}
  for (const line of splitLines(text).slice(3)) {
    const fields = words(line)
    const [head, second] = fields
    if (head === undefined) continue
    if (head === 'TCP' || head === 'UDP') {
      const place = parsePlace(second)
      local = { proto: head, local_address: place.address, local_port: place.port, local_mark: '' }
    } else if (head === 'FWM') {
      local = { proto: head, local_mark: second ?? '', local_address: '', local_port: '0' }
    } else if (head === '->') {
      if (fields.length < 6) continue
      const place = parsePlace(second)
      backends.push({
        labels: { ...local, remote_address: place.address, remote_port: place.port },
        weight: parseUnsigned(fields[3]),
        active: parseUnsigned(fields[4]),
        inactive: parseUnsigned(fields[5]),
      })
    }
  }
  return backends
}

/** `C0A80016:0CEA`, or `[2620:0000:...]:0050`. */
function parsePlace(text: string | undefined): { address: string; port: string } {
  const v4 = /^([0-9A-Fa-f]{8}):([0-9A-Fa-f]{4})$/.exec(text ?? '')
  if (v4) {
    const address = v4[1] as string
    const bytes = [0, 2, 4, 6].map((at) => parseHex(address.slice(at, at + 2)))
    return { address: bytes.join('.'), port: String(parseHex(v4[2])) }
  }
  const v6 = /^\[([0-9A-Fa-f:]{39})\]:([0-9A-Fa-f]{4})$/.exec(text ?? '')
  if (v6) return { address: shortenV6(v6[1] as string), port: String(parseHex(v6[2])) }
  throw new Error(`unexpected IP:Port: ${text ?? ''}`)
}

/** The shortest form: no leading zeros, the longest run of zero groups as `::`. */
export function shortenV6(full: string): string {
  const groups = full.split(':').map((group) => Number.parseInt(group, 16).toString(16))
  let best = { at: -1, length: 1 }
  for (let i = 0; i < groups.length; i++) {
    let length = 0
    while (groups[i + length] === '0') length++
    if (length > best.length) best = { at: i, length }
    i += length
  }
  if (best.at < 0) return groups.join(':')
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`
}
