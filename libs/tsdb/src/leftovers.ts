import { isUlid } from '@prom/model'
import type { HostFiles, Logger } from '@prom/runtime'

const SUFFIXES = ['.tmp-for-creation', '.tmp-for-deletion', '.tmp']
/** Our half-made repairs are folders; the original's are files, and stay. */
const REPAIR = /^\d+\.repair$/

/** Removes half-made blocks, checkpoints and snapshots an earlier run left. Other names stay. */
export function removeLeftovers(dir: string, files: HostFiles, log: Logger): void {
  for (const folder of [dir, `${dir}/wal`]) {
    if (!files.statSync(folder)?.isDirectory) continue
    for (const name of files.listSync(folder)) {
      if (REPAIR.test(name) && files.statSync(`${folder}/${name}`)?.isDirectory) {
        files.removeSync(`${folder}/${name}`)
        continue
      }
      const suffix = SUFFIXES.find((end) => name.endsWith(end))
      if (suffix === undefined) continue
      const base = name.slice(0, -suffix.length)
      const isOurs =
        isUlid(base) || base.startsWith('chunk_snapshot.') || base.startsWith('checkpoint.')
      if (!isOurs) continue
      files.removeSync(`${folder}/${name}`)
      log.info('Found and deleted tmp block dir', { dir: `${folder}/${name}` })
    }
  }
}
