/** What /proc/cpuinfo says about each processor. */
import type { SearchPattern } from '../device-filter.ts'
import { type KernelFiles, splitLines } from '../kernel-files.ts'
import { parseFloat64, words } from '../kernel-number.ts'
import type { Page } from '../page.ts'

export interface CpuInfoOptions {
  readonly hasFrequency: boolean
  readonly flags: SearchPattern | undefined
  readonly bugs: SearchPattern | undefined
}

export function addCpuInfo(page: Page, proc: KernelFiles, options: CpuInfoOptions): void {
  const processors = parseCpuInfo(proc.text('cpuinfo'))
  const info = page.gauge('node_cpu_info', 'CPU information from /proc/cpuinfo.', INFO_LABELS)
  for (const one of processors) {
    const field = (name: string) => one.get(name) ?? ''
    info.add(
      1,
      field('physical id'),
      field('core id'),
      field('processor'),
      field('vendor_id'),
      field('cpu family'),
      field('model'),
      field('model name'),
      field('microcode'),
      field('stepping'),
      field('cache size'),
    )
  }
  if (options.hasFrequency) {
    const frequency = page.gauge(
      'node_cpu_frequency_hertz',
      'CPU frequency in hertz from /proc/cpuinfo.',
      PLACE_LABELS,
    )
    for (const one of processors) {
      const megahertz = one.get('cpu MHz') ?? '0'
      frequency.add(
        parseFloat64(megahertz) * 1e6,
        one.get('physical id') ?? '',
        one.get('core id') ?? '',
        one.get('processor') ?? '',
      )
    }
  }
  const [first] = processors
  if (first && options.flags) {
    const samples = page.gauge(
      'node_cpu_flag_info',
      'The `flags` field of CPU information from /proc/cpuinfo taken from the first core.',
      ['flag'],
    )
    for (const flag of words(first.get('flags') ?? '')) {
      if (options.flags.matches(flag)) samples.add(1, flag)
    }
  }
  if (first && options.bugs) {
    const samples = page.gauge(
      'node_cpu_bug_info',
      'The `bugs` field of CPU information from /proc/cpuinfo taken from the first core.',
      ['bug'],
    )
    for (const bug of words(first.get('bugs') ?? '')) {
      if (options.bugs.matches(bug)) samples.add(1, bug)
    }
  }
}

/** One map of fields per processor; blocks are separated by empty lines. */
function parseCpuInfo(text: string): ReadonlyMap<string, string>[] {
  const processors: Map<string, string>[] = []
  let current: Map<string, string> | undefined
  for (const line of splitLines(text)) {
    const at = line.indexOf(':')
    if (at < 0) continue
    const key = line.slice(0, at).trim()
    if (key === 'processor') {
      current = new Map()
      processors.push(current)
    }
    current?.set(key, line.slice(at + 1).trim())
  }
  return processors
}

const PLACE_LABELS = ['package', 'core', 'cpu']
const INFO_LABELS = [
  ...PLACE_LABELS,
  'vendor',
  'family',
  'model',
  'model_name',
  'microcode',
  'stepping',
  'cachesize',
]
