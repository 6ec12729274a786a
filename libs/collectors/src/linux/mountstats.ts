import { defineCollector } from '../collector.ts'
import { splitLines } from '../kernel-files.ts'
import { NumberError, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'
import { NFS_BYTES, NFS_EVENTS, NFS_OPERATIONS, NFS_TRANSPORT } from './mountstats-metrics.ts'

/** What one mount says: the words after each name, transports in their order, operations by name. */
interface NfsMount {
  readonly device: string
  readonly mountPoint: string
  protocol: string
  age: string
  events: readonly string[]
  bytes: readonly string[]
  readonly transports: (readonly string[])[]
  readonly operations: Map<string, readonly string[]>
}

export const mountstats = defineCollector({
  name: 'mountstats',
  isDefault: false,
  create:
    ({ proc, log }) =>
    (page) => {
      const mounts = parseMounts(proc.text('self/mountstats'))
      const addresses = splitLines(proc.label('self/mountinfo')).map(
        (line) => /[ ,]addr=([^, ]*)/.exec(line)?.[1] ?? '',
      )
      const seen = new Set<string>()
      mounts.forEach((mount, i) => {
        if (!mount) return
        const labels = [mount.device, mount.protocol, addresses[i] ?? '']
        page
          .gauge('node_mountstats_nfs_mountpoint_info', 'Info metric for an NFS mountpoint.', [
            ...LABELS,
            'mountpoint',
          ])
          .add(1, ...labels, mount.mountPoint)
        const key = labels.join('\0')
        if (seen.has(key)) {
          log.debug('Skipping duplicate device entry', { device: mount.device })
          return
        }
        seen.add(key)
        addMount(page, mount, labels)
      })
    },
})

function addMount(page: Page, mount: NfsMount, labels: readonly string[]): void {
  page
    .counter(
      'node_mountstats_nfs_age_seconds_total',
      'The age of the NFS mount in seconds.',
      LABELS,
    )
    .add(parseCount(mount.age), ...labels)
  addColumns(page, NFS_BYTES, mount.bytes, LABELS, labels)
  mount.transports.forEach((numbers, i) => {
    addColumns(page, NFS_TRANSPORT, numbers, [...LABELS, 'transport'], [...labels, String(i)])
  })
  for (const [operation, numbers] of mount.operations) {
    addColumns(page, NFS_OPERATIONS, numbers, [...LABELS, 'operation'], [...labels, operation])
  }
  addColumns(page, NFS_EVENTS, mount.events, LABELS, labels)
}

function addColumns(
  page: Page,
  columns: typeof NFS_BYTES,
  numbers: readonly string[],
  labelNames: readonly string[],
  labels: readonly string[],
): void {
  for (const [i, column] of columns.entries()) {
    const text = numbers[i]
    if (!column || text === undefined) continue
    const [name, help] = column
    const isGauge = !name.endsWith('_total')
    const samples = isGauge
      ? page.gauge(name, help, labelNames)
      : page.counter(name, help, labelNames)
    const isMilliseconds = name.includes('_time_seconds_total')
    const isWrapped = isMilliseconds || name.includes('idle_time')
    const value = parseCount(text, isWrapped)
    samples.add(isMilliseconds ? value / 1000 : value, ...labels)
  }
}

/** Compat: sums of time are taken modulo 2^53, because the kernel lets them run below zero. */
function parseCount(text: string, isWrapped = false): number {
  if (!/^\d+$/.test(text)) throw new NumberError('ParseUint', text)
  return isWrapped ? Number(BigInt(text) % 2n ** 53n) : Number(text)
}

/** One entry per mount, undefined for those that are not NFS. */
function parseMounts(text: string): (NfsMount | undefined)[] {
  const mounts: (NfsMount | undefined)[] = []
  let current: NfsMount | undefined
  for (const line of splitLines(text)) {
    const head = /^device (.*) mounted on (.*) with fstype (\S+)( statvers=.*)?$/.exec(line)
    if (head) {
      const isNfs = /^nfs4?$/.test(head[3] as string) && head[4] !== undefined
      current = isNfs ? createMount(head[1] as string, head[2] as string) : undefined
      mounts.push(current)
    } else if (current) addLine(current, words(line))
  }
  return mounts
}

function createMount(device: string, mountPoint: string): NfsMount {
  return {
    device,
    mountPoint,
    protocol: '',
    age: '0',
    events: [],
    bytes: [],
    transports: [],
    operations: new Map(),
  }
}

function addLine(mount: NfsMount, [head, ...rest]: readonly string[]): void {
  if (head === 'opts:') mount.protocol = /(?:^|,)proto=([^,]*)/.exec(rest[0] ?? '')?.[1] ?? ''
  else if (head === 'age:') mount.age = rest[0] ?? '0'
  else if (head === 'events:') mount.events = rest
  else if (head === 'bytes:') mount.bytes = rest
  else if (head === 'xprt:') mount.transports.push(transportNumbers(rest))
  else if (head !== undefined && /^[A-Z_0-9]+:$/.test(head)) {
    mount.operations.set(head.slice(0, -1), rest)
  }
}

/** Brings the numbers of UDP into the places of those of TCP. */
function transportNumbers([protocol, , ...numbers]: readonly string[]): readonly string[] {
  if (protocol !== 'udp') return numbers
  const [bind = '0', ...rest] = numbers
  return [bind, '0', '0', '0', ...rest]
}

const LABELS = ['export', 'protocol', 'mountaddr']
