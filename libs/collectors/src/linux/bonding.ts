import { defineCollector, NoDataError } from '../collector.ts'
import { errorCode } from '../kernel-files.ts'
import { words } from '../kernel-number.ts'

export const bonding = defineCollector({
  name: 'bonding',
  isDefault: true,
  create:
    ({ sys, log }) =>
    (page) => {
      const masters = sys.textIfThere('class/net/bonding_masters')
      if (masters === undefined) {
        log.debug('Not collecting bonding, file does not exist', { file: sys.path('class/net') })
        throw new NoDataError()
      }
      const all = page.gauge(
        'node_bonding_slaves',
        'Number of configured slaves per bonding interface.',
        ['master'],
      )
      const active = page.gauge(
        'node_bonding_active',
        'Number of active slaves per bonding interface.',
        ['master'],
      )
      for (const master of words(masters)) {
        const slaves = words(sys.text(`class/net/${master}/bonding/slaves`))
        let up = 0
        for (const slave of slaves) {
          if (miiStatus((name) => sys.text(`class/net/${master}/${name}`), slave) === 'up') up++
        }
        all.add(slaves.length, master)
        active.add(up, master)
      }
    },
})

/** Older kernels name the folder of a slave differently. */
function miiStatus(read: (name: string) => string, slave: string): string {
  try {
    return read(`lower_${slave}/bonding_slave/mii_status`).trim()
  } catch (err) {
    if (errorCode(err) !== 'ENOENT') throw err
    return read(`slave_${slave}/bonding_slave/mii_status`).trim()
  }
}
