import type { HostFiles } from '@prom/runtime'
import type { PageCache } from '../read/page-cache.ts'
import { ChunkReader } from './chunk-reader.ts'
import { IndexReader } from './index-reader.ts'
import { type BlockMeta, readMeta } from './meta.ts'
import { readTombstones, type Stones } from './tombstones.ts'

let opened = 0

/** One block, open for reading. */
export class Block {
  /** Which of the blocks opened in this thread it is, from 1 on. */
  readonly serial = ++opened
  readonly dir: string
  readonly meta: BlockMeta
  readonly index: IndexReader
  readonly chunks: ChunkReader
  readonly tombstones: Stones
  readonly #stonesMark: string

  /** Throws StorageError with the original's text when a part cannot be opened. */
  constructor(files: HostFiles, dir: string, cache: PageCache) {
    this.dir = dir
    this.#stonesMark = stonesMark(files, dir)
    this.meta = readMeta(files, dir)
    this.chunks = new ChunkReader(files, `${dir}/chunks`, cache)
    try {
      this.index = new IndexReader(cache.open(files, `${dir}/index`))
    } catch (err) {
      this.chunks.close()
      throw err
    }
    try {
      this.tombstones = readTombstones(files, dir)
    } catch (err) {
      this.close()
      throw err
    }
  }

  /** Whether its tombstones were written since it was opened. */
  isOutdated(files: HostFiles): boolean {
    return stonesMark(files, this.dir) !== this.#stonesMark
  }

  close(): void {
    this.index.close()
    this.chunks.close()
  }
}

function stonesMark(files: HostFiles, dir: string): string {
  const stat = files.statSync(`${dir}/tombstones`)
  return stat ? `${stat.mtimeMs} ${stat.sizeBytes} ${stat.inode}` : ''
}
