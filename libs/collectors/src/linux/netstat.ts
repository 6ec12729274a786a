import { defineCollector } from '../collector.ts'
import { searchPattern } from '../filter-flags.ts'
import { splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'

const FIELDS =
  '^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$'

/** Protocol and field to the value's text. */
type Statistics = [protocol: string, field: string, value: string | undefined][]

export const netstat = defineCollector({
  name: 'netstat',
  isDefault: true,
  flags: [
    {
      name: 'collector.netstat.fields',
      kind: 'string',
      fallback: FIELDS,
      help: 'Regexp of fields to return for netstat collector.',
    },
  ],
  create: ({ proc, flags }) => {
    const fields = searchPattern(flags, 'collector.netstat.fields')
    const verdicts = new Map<string, boolean>()
    const isWanted = (key: string) => {
      let verdict = verdicts.get(key)
      if (verdict === undefined) {
        verdict = fields.matches(key)
        if (verdicts.size < KEYS_MAX) verdicts.set(key, verdict)
      }
      return verdict
    }
    return (page) => {
      const all: Statistics = [
        ...parsePairs(proc.text('net/netstat'), 'net/netstat'),
        ...parsePairs(proc.text('net/snmp'), 'net/snmp'),
        ...parseSnmp6(proc.textIfThere('net/snmp6') ?? ''),
      ]
      for (const [protocol, field, value] of all) {
        const key = `${protocol}_${field}`
        if (!isWanted(key)) continue
        page
          .untyped(`node_netstat_${key}`, `Statistic ${protocol}${field}.`)
          .add(parseFloat64(value))
      }
    }
  },
})

/** Lines in pairs: `Proto: names ...`, `Proto: values ...`. */
function parsePairs(text: string, file: string): Statistics {
  const statistics: Statistics = []
  const lines = splitLines(text)
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const names = words(lines[i] as string)
    const values = words(lines[i + 1] as string)
    const protocol = (names[0] ?? '').replace(/:$/, '')
    if (names.length !== values.length) {
      throw new Error(`mismatch field count mismatch in ${file}: ${protocol}`)
    }
    for (let j = 1; j < names.length; j++)
      statistics.push([protocol, names[j] as string, values[j]])
  }
  return statistics
}

/** Lines `Ip6InOctets  7`: the protocol ends with the first 6. */
function parseSnmp6(text: string): Statistics {
  const statistics: Statistics = []
  for (const line of splitLines(text)) {
    const [key, value] = words(line)
    const at = key?.indexOf('6') ?? -1
    if (key === undefined || value === undefined || at < 0) continue
    statistics.push([key.slice(0, at + 1), key.slice(at + 1), value])
  }
  return statistics
}

const KEYS_MAX = 10_000
