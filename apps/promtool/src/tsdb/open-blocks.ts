/** The blocks of a data folder, open for reading, oldest first. */
import { posix } from 'node:path'
import { isUlid } from '@prom/model'
import { Block, PageCache } from '@prom/tsdb'
import type { Context } from '../context.ts'
import { describeReadError } from '../read-error.ts'

const CACHE_BYTES = 64 << 20

/** The folder or a block in it cannot be used; the text of the original. */
export class TsdbError extends Error {}

/** All blocks of the folder, or those of `ulids`. */
export function openBlocks(
  path: string,
  { host }: Context,
  ulids?: readonly string[],
): readonly Block[] {
  const folder = posix.resolve(host.cwd, path)
  if (!host.files.statSync(folder)?.isDirectory) {
    const reason = describeReadError({ code: 'ENOENT' }, path, 'stat')
    throw new TsdbError(`opening the db dir: ${reason}`)
  }
  const cache = new PageCache(CACHE_BYTES)
  const blocks: Block[] = []
  try {
    for (const name of ulids ?? host.files.listSync(folder)) {
      const dir = posix.join(folder, name)
      if (!isUlid(name) || !host.files.statSync(dir)?.isDirectory) continue
      blocks.push(new Block(host.files, dir, cache))
    }
  } catch (err) {
    closeBlocks(blocks)
    throw new TsdbError((err as Error).message)
  }
  return blocks.sort((a, b) => a.meta.minTime - b.meta.minTime)
}

export function closeBlocks(blocks: readonly Block[]): void {
  for (const block of blocks) block.close()
}
