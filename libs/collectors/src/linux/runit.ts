import { defineCollector } from '../collector.ts'

/** Seconds of the supervisor's clock (TAI64) at the beginning of 1970. */
const TAI_OFFSET = 2n ** 62n + 10n
const STATUS_BYTES = 20

export const runit = defineCollector({
  name: 'runit',
  isDefault: false,
  flags: [
    {
      name: 'collector.runit.servicedir',
      kind: 'string',
      fallback: '/etc/service',
      help: 'Path to runit service directory.',
    },
  ],
  create: ({ files, flags, log }) => {
    log.warn('This collector is deprecated and will be removed in the next major version release')
    const folder = flags.string('collector.runit.servicedir')
    return (page) => {
      const gauge = (name: string, help: string) =>
        page.gauge(name, help, ['service', 'supervisor'])
      for (const service of files.listSync(folder)) {
        let status: Buffer
        let isDown: boolean
        try {
          status = Buffer.from(files.readSync(`${folder}/${service}/supervise/status`))
          isDown = files.statSync(`${folder}/${service}/down`) !== undefined
        } catch (err) {
          log.debug("Couldn't get status", { service, err })
          continue
        }
        if (status.length < STATUS_BYTES) throw new Error(`invalid status of service ${service}`)
        const state = status.readUInt8(19)
        const wants = status.toString('latin1', 17, 18)
        const since = Number(status.readBigUInt64BE(0) - TAI_OFFSET)
        gauge('node_service_state', 'State of runit service.').add(state, service, 'runit')
        gauge('node_service_desired_state', 'Desired state of runit service.').add(
          wants === 'u' ? 1 : 0,
          service,
          'runit',
        )
        gauge('node_service_normal_state', 'Normal state of runit service.').add(
          isDown ? 0 : 1,
          service,
          'runit',
        )
        gauge(
          'node_service_state_last_change_timestamp_seconds',
          'Unix timestamp of the last runit service state change.',
        ).add(since, service, 'runit')
      }
    }
  },
})
