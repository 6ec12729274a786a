import { isUlid } from '@prom/model'
import type { HostFiles, Logger } from '@prom/runtime'
import type { SizedBlock } from '../compact/retention.ts'
import { StorageError } from '../errors.ts'
import { PageCache } from '../read/page-cache.ts'
import { Block } from './block.ts'
import { type BlockMeta, readMeta } from './meta.ts'

/** The blocks of a data folder as the writer sees them: what is there, how large, and away with it. */
export class BlockFolder {
  readonly #dir: string
  readonly #files: HostFiles
  readonly #symbolBytes = new Map<string, number>()

  constructor(dir: string, files: HostFiles) {
    this.#dir = dir
    this.#files = files
  }

  /** Readable blocks, ascending by minTime; others are left alone. */
  list(): SizedBlock[] {
    const blocks: SizedBlock[] = []
    for (const ulid of this.#names()) {
      try {
        const dir = `${this.#dir}/${ulid}`
        blocks.push({ meta: readMeta(this.#files, dir), sizeBytes: folderBytes(this.#files, dir) })
      } catch {
        // Reported at start; stays on disk.
      }
    }
    return blocks.sort((a, b) => a.meta.minTime - b.meta.minTime)
  }

  /**
   * At start: deletes what newer blocks replace, checks that the others open. Throws StorageError with the original's
   * text if one does not. Returns the metas.
   */
  check(log: Logger): BlockMeta[] {
    const metas: BlockMeta[] = []
    const failures = new Map<string, unknown>()
    for (const ulid of this.#names()) {
      const dir = `${this.#dir}/${ulid}`
      let meta: BlockMeta
      try {
        meta = readMeta(this.#files, dir)
      } catch (err) {
        log.error('Failed to read meta.json for a block during reloadBlocks. Skipping', {
          dir,
          err: (err as Error).message,
        })
        continue
      }
      metas.push(meta)
      try {
        new Block(this.#files, dir, new PageCache(1 << 20)).close()
        log.info('Found healthy block', { mint: meta.minTime, maxt: meta.maxTime, ulid })
      } catch (err) {
        failures.set(ulid, err)
      }
    }
    const replaced = new Set(
      metas.filter((meta) => meta.compaction.deletable).map((meta) => meta.ulid),
    )
    for (const { compaction } of metas)
      for (const { ulid } of compaction.parents ?? []) replaced.add(ulid)
    for (const ulid of replaced) {
      if (metas.some((meta) => meta.ulid === ulid)) this.remove(ulid)
      failures.delete(ulid)
    }
    for (const err of failures.values()) {
      throw new StorageError(`opening storage failed: ${(err as Error).message}`, { cause: err })
    }
    return metas.filter((meta) => !replaced.has(meta.ulid))
  }

  remove(ulid: string): void {
    const dir = `${this.#dir}/${ulid}`
    const aside = `${dir}.tmp-for-deletion`
    this.#files.renameSync(dir, aside)
    this.#files.removeSync(aside)
  }

  /** Memory the original would hold for the symbols of these blocks: eight bytes per 32 symbols. */
  symbolTableBytes(blocks: readonly SizedBlock[]): number {
    let total = 0
    for (const { meta } of blocks) {
      let bytes = this.#symbolBytes.get(meta.ulid)
      if (bytes === undefined) {
        bytes = Math.ceil(this.#symbolCount(meta.ulid) / 32) * 8
        this.#symbolBytes.set(meta.ulid, bytes)
      }
      total += bytes
    }
    if (this.#symbolBytes.size > blocks.length * 2 + 100) this.#symbolBytes.clear()
    return total
  }

  /** The table comes first in an index: magic, version, length, then the count. */
  #symbolCount(ulid: string): number {
    try {
      const file = this.#files.openSync(`${this.#dir}/${ulid}/index`, 'r')
      try {
        const bytes = new Uint8Array(4)
        return file.read(bytes, 9) === 4 ? new DataView(bytes.buffer).getUint32(0) : 0
      } finally {
        file.close()
      }
    } catch {
      return 0 // Deleted meanwhile, or damaged: told elsewhere.
    }
  }

  /** Bytes of the logs and head chunk files. */
  headBytes(): number {
    return ['wal', 'wbl', 'chunks_head'].reduce(
      (sum, name) => sum + folderBytes(this.#files, `${this.#dir}/${name}`),
      0,
    )
  }

  headSizes(): { wal: number; wbl: number; headChunks: number } {
    return {
      wbl: folderBytes(this.#files, `${this.#dir}/wbl`),
      wal: folderBytes(this.#files, `${this.#dir}/wal`),
      headChunks: folderBytes(this.#files, `${this.#dir}/chunks_head`),
    }
  }

  #names(): string[] {
    return this.#files
      .listSync(this.#dir)
      .filter((name) => isUlid(name) && this.#files.statSync(`${this.#dir}/${name}`)?.isDirectory)
  }
}

function folderBytes(files: HostFiles, path: string): number {
  const stat = files.statSync(path)
  if (!stat) return 0
  if (!stat.isDirectory) return stat.sizeBytes
  return files.listSync(path).reduce((sum, name) => sum + folderBytes(files, `${path}/${name}`), 0)
}
