import { defineCollector } from '../collector.ts'
import { parseUnsigned, words } from '../kernel-number.ts'
import { parseCpuList } from './cpu-sysfs.ts'

const CPUS = 'devices/system/cpu'
const KILOHERTZ = 1000

const FREQUENCIES = [
  ['cpuinfo_cur_freq', 'node_cpu_frequency_hertz', 'Current CPU thread frequency in hertz.'],
  ['cpuinfo_avg_freq', 'node_cpu_frequency_avg_hertz', 'Average CPU thread frequency in hertz.'],
  ['cpuinfo_min_freq', 'node_cpu_frequency_min_hertz', 'Minimum CPU thread frequency in hertz.'],
  ['cpuinfo_max_freq', 'node_cpu_frequency_max_hertz', 'Maximum CPU thread frequency in hertz.'],
  [
    'scaling_cur_freq',
    'node_cpu_scaling_frequency_hertz',
    'Current scaled CPU thread frequency in hertz.',
  ],
  [
    'scaling_min_freq',
    'node_cpu_scaling_frequency_min_hertz',
    'Minimum scaled CPU thread frequency in hertz.',
  ],
  [
    'scaling_max_freq',
    'node_cpu_scaling_frequency_max_hertz',
    'Maximum scaled CPU thread frequency in hertz.',
  ],
] as const
/** The kernel has these for every CPU whose frequency it drives. */
const REQUIRED = ['scaling_driver', 'related_cpus', 'scaling_setspeed']

export const cpufreq = defineCollector({
  name: 'cpufreq',
  isDefault: true,
  create:
    ({ sys }) =>
    (page) => {
      const offline = new Set(parseCpuList(sys.text(`${CPUS}/offline`).trim()))
      for (const name of sys.list(CPUS)) {
        const cpu = /^cpu(\d+)$/.exec(name)?.[1]
        const folder = `${CPUS}/${name}/cpufreq`
        if (cpu === undefined || offline.has(Number(cpu)) || !sys.isFolder(folder)) continue
        for (const [file, metric, help] of FREQUENCIES) {
          const text = sys.attributeIfThere(`${folder}/${file}`)
          if (text === undefined) continue
          page.gauge(metric, help, CPU).add(parseUnsigned(text) * KILOHERTZ, cpu)
        }
        for (const file of REQUIRED) sys.attribute(`${folder}/${file}`)
        const governors = words(sys.attribute(`${folder}/scaling_available_governors`))
        const governor = sys.attribute(`${folder}/scaling_governor`)
        const samples = page.gauge(
          'node_cpu_scaling_governor',
          'Current enabled CPU frequency governor.',
          ['cpu', 'governor'],
        )
        for (const available of governors)
          samples.add(available === governor ? 1 : 0, cpu, available)
      }
    },
})

const CPU = ['cpu']
