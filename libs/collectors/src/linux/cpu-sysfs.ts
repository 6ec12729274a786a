/** What sysfs says about each CPU: throttling, isolation, whether it is online. */
import type { Logger } from '@prom/runtime'
import { errorCode, type KernelFiles } from '../kernel-files.ts'
import { parseUnsigned } from '../kernel-number.ts'
import type { Page } from '../page.ts'

const CPUS = 'devices/system/cpu'
/** No list of CPUs is longer; a range like 0-999999999 must not fill the memory. */
const CPUS_MAX = 65_536

function cpuFolders(sys: KernelFiles): string[] {
  return (sys.listIfThere(CPUS) ?? []).filter((name) => /^cpu\d/.test(name))
}

export function addThrottles(page: Page, sys: KernelFiles, log: Logger): void {
  const packages = new Map<string, number>()
  const cores = new Map<string, { packageId: string; coreId: string; count: number }>()
  for (const name of cpuFolders(sys)) {
    const folder = `${CPUS}/${name}`
    const packageId = sys.attributeIfThere(`${folder}/topology/physical_package_id`)
    const coreId = sys.attributeIfThere(`${folder}/topology/core_id`)
    if (packageId === undefined || coreId === undefined) {
      log.debug('CPU is missing topology', { cpu: folder })
      continue
    }
    const key = `${packageId}\0${coreId}`
    if (!cores.has(key)) {
      const count = throttleCount(sys, `${folder}/thermal_throttle/core_throttle_count`)
      if (count !== undefined) cores.set(key, { packageId, coreId, count })
    }
    if (!packages.has(packageId)) {
      const count = throttleCount(sys, `${folder}/thermal_throttle/package_throttle_count`)
      if (count !== undefined) packages.set(packageId, count)
    }
  }

  const packageSamples = page.counter(
    'node_cpu_package_throttles_total',
    'Number of times this CPU package has been throttled.',
    ['package'],
  )
  for (const [packageId, count] of packages) packageSamples.add(count, packageId)
  const coreSamples = page.counter(
    'node_cpu_core_throttles_total',
    'Number of times this CPU core has been throttled.',
    ['package', 'core'],
  )
  for (const { packageId, coreId, count } of cores.values())
    coreSamples.add(count, packageId, coreId)
}

function throttleCount(sys: KernelFiles, name: string): number | undefined {
  if (!sys.exists(name)) return undefined
  try {
    return parseUnsigned(sys.attribute(name))
  } catch {
    return undefined
  }
}

/** The isolated CPUs, read once: the kernel cannot change them while it runs. */
export function readIsolated(sys: KernelFiles, log: Logger): readonly number[] {
  try {
    return parseCpuList(sys.text(`${CPUS}/isolated`).trim())
  } catch (err) {
    if (errorCode(err) === 'ENOENT') {
      log.debug('Could not open isolated file', { error: err })
    } else {
      log.error('Unable to get isolated cpus', { error: err })
    }
    return []
  }
}

export function addIsolated(page: Page, isolated: readonly number[]): void {
  const samples = page.gauge(
    'node_cpu_isolated',
    'Whether each core is isolated, information from /sys/devices/system/cpu/isolated.',
    ['cpu'],
  )
  for (const number of isolated) samples.add(1, String(number))
}

export function addOnline(page: Page, sys: KernelFiles): void {
  // Where the first CPU cannot be taken offline there is nothing to tell about the others.
  if (!sys.exists(`${CPUS}/cpu0/online`)) return
  const samples = page.gauge('node_cpu_online', 'CPUs that are online and being scheduled.', [
    'cpu',
  ])
  for (const name of cpuFolders(sys)) {
    const online = sys.attributeIfThere(`${CPUS}/${name}/online`)
    if (online !== undefined) samples.add(online === '1' ? 1 : 0, name.slice(3))
  }
}

/** A kernel list of CPUs, as in `0-3,7,8-10`. */
export function parseCpuList(text: string): number[] {
  const numbers: number[] = []
  if (text === '') return numbers
  for (const part of text.split(',')) {
    const match = /^(\d+)(?:-(\d+))?(?::(\d+))?$/.exec(part)
    if (!match) throw new Error(`invalid cpu range "${part}"`)
    const from = Number(match[1])
    const to = match[2] === undefined ? from : Number(match[2])
    const stride = match[3] === undefined ? 1 : Number(match[3])
    if (to > CPUS_MAX || stride < 1) throw new Error(`invalid cpu range "${part}"`)
    for (let number = from; number <= to; number += stride) numbers.push(number)
  }
  return numbers
}
