/**
 * Collectors of the original that this program does not have. Their flags are accepted, so that command lines carry
 * over; turning one on ends the start with a clear line.
 */
import { type CollectorDefinition, type CollectorFlag, defineCollector } from '../collector.ts'

function defineUnsupported(name: string, flags: readonly CollectorFlag[]): CollectorDefinition {
  return defineCollector({
    name,
    isDefault: false,
    flags,
    create: () => {
      throw new Error(`the ${name} collector is not supported by this program`)
    },
  })
}

const text = (name: string, help: string, fallback?: string): CollectorFlag => ({
  name,
  kind: 'string',
  help,
  ...(fallback !== undefined && { fallback }),
})
const list = (name: string, help: string): CollectorFlag => ({ name, kind: 'strings', help })
const toggle = (name: string, help: string): CollectorFlag => ({
  name,
  kind: 'boolean',
  fallback: 'false',
  help,
})

export const ethtool = defineUnsupported('ethtool', [
  text(
    'collector.ethtool.device-include',
    'Regexp of ethtool devices to include (mutually exclusive to device-exclude).',
  ),
  text(
    'collector.ethtool.device-exclude',
    'Regexp of ethtool devices to exclude (mutually exclusive to device-include).',
  ),
  text('collector.ethtool.metrics-include', 'Regexp of ethtool stats to include.', '.*'),
])

export const perf = defineUnsupported('perf', [
  text('collector.perf.cpus', 'List of CPUs from which perf metrics should be collected', ''),
  list('collector.perf.tracepoint', 'perf tracepoint that should be collected'),
  toggle('collector.perf.disable-hardware-profilers', 'disable perf hardware profilers'),
  list('collector.perf.hardware-profilers', 'perf hardware profilers that should be collected'),
  toggle('collector.perf.disable-software-profilers', 'disable perf software profilers'),
  list('collector.perf.software-profilers', 'perf software profilers that should be collected'),
  toggle('collector.perf.disable-cache-profilers', 'disable perf cache profilers'),
  list('collector.perf.cache-profilers', 'perf cache profilers that should be collected'),
])
