/** `/status/tsdb/blocks`: what the blocks on disk say of themselves. */
import { isUlid } from '@prom/model'
import type { HostFiles } from '@prom/runtime'
import type { Endpoint } from './envelope.ts'

export function createBlocks(
  files: Pick<HostFiles, 'glob' | 'readText'>,
  folder: string,
): Endpoint {
  return async () => {
    const paths = files.glob(`${folder}/*/meta.json`).filter((path) => {
      return isUlid(path.split('/').at(-2) ?? '')
    })
    const metas = await Promise.all(
      // A block that compaction removed in between is just not there.
      paths.map((path) => files.readText(path).then(JSON.parse, () => undefined)),
    )
    return { data: { blocks: metas.filter(Boolean) } }
  }
}
