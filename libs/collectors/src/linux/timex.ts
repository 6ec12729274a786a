import { defineCollector, NoDataError } from '../collector.ts'

/** The clock is not synchronised. */
const TIME_ERROR = 5
const STATUS_NANOSECONDS = 0x2000
const MICRO = 1e6
const NANO = 1e9
/** Frequencies are in parts per million with 16 bits of fraction. */
const PPM16 = 1e6 * 65536

type Row = readonly [field: string, name: string, help: string, divisor?: number]

const ROWS: readonly Row[] = [
  ['maxerror', 'node_timex_maxerror_seconds', 'Maximum error in seconds.', MICRO],
  ['esterror', 'node_timex_estimated_error_seconds', 'Estimated error in seconds.', MICRO],
  ['status', 'node_timex_status', 'Value of the status array bits.'],
  ['constant', 'node_timex_loop_time_constant', 'Phase-locked loop time constant.'],
  ['tick', 'node_timex_tick_seconds', 'Seconds between clock ticks.', MICRO],
  ['ppsfreq', 'node_timex_pps_frequency_hertz', 'Pulse per second frequency.', PPM16],
  [
    'stabil',
    'node_timex_pps_stability_hertz',
    'Pulse per second stability, average of recent frequency changes.',
    PPM16,
  ],
  ['shift', 'node_timex_pps_shift_seconds', 'Pulse per second interval duration.'],
  [
    'jitcnt',
    'node_timex_pps_jitter_total',
    'Pulse per second count of jitter limit exceeded events.',
  ],
  [
    'calcnt',
    'node_timex_pps_calibration_total',
    'Pulse per second count of calibration intervals.',
  ],
  ['errcnt', 'node_timex_pps_error_total', 'Pulse per second count of calibration errors.'],
  [
    'stbcnt',
    'node_timex_pps_stability_exceeded_total',
    'Pulse per second count of stability limit exceeded events.',
  ],
  ['tai', 'node_timex_tai_offset_seconds', 'International Atomic Time (TAI) offset.'],
]

export const timex = defineCollector({
  name: 'timex',
  isDefault: true,
  create:
    ({ system }) =>
    (page) => {
      if (!system.kernel) throw new NoDataError('adjtimex cannot be called on this platform')
      const { state, fields } = system.kernel.adjtimex()
      if (state < 0) throw new NoDataError(`adjtimex: error ${-state}`)
      const field = (name: string) => fields[name] ?? 0
      const unit = field('status') & STATUS_NANOSECONDS ? NANO : MICRO
      page
        .gauge(
          'node_timex_sync_status',
          'Is clock synchronized to a reliable server (1 = yes, 0 = no).',
        )
        .add(state === TIME_ERROR ? 0 : 1)
      page
        .gauge(
          'node_timex_offset_seconds',
          'Time offset in between local system and reference clock.',
        )
        .add(field('offset') / unit)
      page
        .gauge('node_timex_pps_jitter_seconds', 'Pulse per second jitter.')
        .add(field('jitter') / unit)
      page
        .gauge('node_timex_frequency_adjustment_ratio', 'Local clock frequency adjustment.')
        .add(1 + field('freq') / PPM16)
      for (const [name, metric, help, divisor = 1] of ROWS) {
        const samples = metric.endsWith('_total')
          ? page.counter(metric, help)
          : page.gauge(metric, help)
        samples.add(field(name) / divisor)
      }
    },
})
