import type { HostFiles } from '@prom/runtime'

const COPY_BYTES = 1 << 20

/** Name of a snapshot folder: UTC time and sixteen hex digits of chance. */
export function snapshotName(nowMs: number, chance: Uint8Array): string {
  const time = new Date(nowMs).toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '')
  const bytes = chance.slice(0, 8)
  bytes[0] = bytes[0]! & 0x7f
  return `${time}-${Buffer.from(bytes).toString('hex')}`
}

/** Copies a folder with everything in it, piece by piece. */
export function copyFolder(files: HostFiles, from: string, to: string): void {
  files.mkdirSync(to)
  for (const name of files.listSync(from)) {
    const source = `${from}/${name}`
    if (files.statSync(source)?.isDirectory) copyFolder(files, source, `${to}/${name}`)
    else copyFile(files, source, `${to}/${name}`)
  }
  files.syncFolderSync(to)
}

function copyFile(files: HostFiles, from: string, to: string): void {
  const source = files.openSync(from, 'r')
  try {
    const target = files.openSync(to, 'wx')
    try {
      const buffer = new Uint8Array(COPY_BYTES)
      for (let offset = 0; ; ) {
        const count = source.read(buffer, offset)
        if (count === 0) break
        let done = 0
        while (done < count) done += target.write(buffer.subarray(done, count), offset + done)
        offset += count
      }
      target.sync()
    } finally {
      target.close()
    }
  } finally {
    source.close()
  }
}
