/**
 * What all queries hold together, in memory shared with their threads: a word per thread, in KiB, and one for the
 * answers that wait to be sent. A thread writes its own word and reads all.
 */
import type { MemoryAccount } from '@prom/promql-engine'

const KIB = 1024
/** So much a query always gets: a large one must not make small ones fail. */
const SMALL_BYTES = 16 << 20

export interface MemoryLedger {
  /** Word 0 is for answers on their way, word 1 + index for thread `index`. */
  readonly words: Int32Array
  /** Bytes all queries may hold together; 0: no limit. */
  readonly maxBytes: number
}

export function createLedger(threadCount: number, maxBytes: number): MemoryLedger {
  const words = new Int32Array(new SharedArrayBuffer(4 * (1 + threadCount)))
  return { words, maxBytes }
}

/** Bytes held by all. */
export function heldBytes({ words }: MemoryLedger): number {
  let total = 0
  for (let i = 0; i < words.length; i++) total += Atomics.load(words, i)
  return total * KIB
}

/** Bytes held by the query of one thread. */
export function heldByThread({ words }: MemoryLedger, index: number): number {
  return Atomics.load(words, 1 + index) * KIB
}

/** For a thread that has ended, or whose query has. */
export function clearThread({ words }: MemoryLedger, index: number): void {
  Atomics.store(words, 1 + index, 0)
}

/** Counts bytes of answers in (or, negative, out). */
export function addAnswerBytes({ words }: MemoryLedger, bytes: number): void {
  Atomics.add(words, 0, Math.sign(bytes) * Math.ceil(Math.abs(bytes) / KIB))
}

/** How the queries of thread `index` account for what they hold. */
export function threadAccount(ledger: MemoryLedger, index: number): MemoryAccount {
  return {
    report(bytes) {
      Atomics.store(ledger.words, 1 + index, Math.ceil(bytes / KIB))
      if (ledger.maxBytes === 0 || bytes <= SMALL_BYTES) return true
      return heldBytes(ledger) <= ledger.maxBytes
    },
  }
}
