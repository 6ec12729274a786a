import { COMPACTION_READER, H, READER_STRIDE } from './head/layout.ts'

/** Where reading threads say since which epoch they read, so that the writer knows what it may reuse. */
export function enterEpoch(i32: Int32Array, readerIndex: number): void {
  const slot = slotOf(readerIndex)
  // Announced first, then checked: a writer that retired memory in between is seen.
  let epoch = Atomics.load(i32, H.epoch >>> 2)
  for (;;) {
    Atomics.store(i32, slot, epoch)
    const now = Atomics.load(i32, H.epoch >>> 2)
    if (now === epoch) return
    epoch = now
  }
}

export function leaveEpoch(i32: Int32Array, readerIndex: number): void {
  Atomics.store(i32, slotOf(readerIndex), 0)
}

/** The oldest epoch somebody still reads in; Infinity if nobody reads. */
export function oldestEpoch(i32: Int32Array): number {
  let oldest = Infinity
  for (let index = 0; index <= COMPACTION_READER; index++) {
    const epoch = Atomics.load(i32, slotOf(index))
    if (epoch !== 0 && epoch < oldest) oldest = epoch
  }
  return oldest
}

function slotOf(readerIndex: number): number {
  return (H.readers + readerIndex * READER_STRIDE) >>> 2
}
