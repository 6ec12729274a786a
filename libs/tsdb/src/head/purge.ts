import type { HeadStore } from './head-store.ts'
import {
  H,
  NAME_BYTES,
  P,
  PAIR_BYTES,
  POSTINGS_HEADER_BYTES,
  RECORD_BYTES,
  RECORDS,
  SLOT_MASK,
  SYMBOL_HEADER_BYTES,
} from './layout.ts'
import { newTable, putEntry } from './symbols.ts'

/**
 * Takes dead refs out of the postings, pairs without series out of the tables, symbols without pairs too. Returns
 * what gives their memory back, to be called when no reader can look at it any more.
 */
export function purgePairs(store: HeadStore): () => void {
  const { memory, heap } = store
  const { u32 } = memory
  const garbage: { at: number; size: number }[] = []
  const drop = (at: number, size: number) => garbage.push({ at, size })
  const usedSymbols = new Set<number>()
  const livePairs: number[] = []

  purgePostings(store, u32[H.allPair >>> 2]!, drop)
  const liveNames: number[] = []
  for (let record = u32[H.firstName >>> 2]!; record !== 0; record = u32[(record >>> 2) + 3]!) {
    const kept: number[] = []
    for (
      let pair = u32[(record >>> 2) + 1]!;
      pair !== 0;
      pair = u32[(pair + P.nextOfName) >>> 2]!
    ) {
      if (purgePostings(store, pair, drop) > 0) kept.push(pair)
      else drop(pair, PAIR_BYTES)
    }
    if (kept.length === 0) {
      u32[(u32[record >>> 2]! >>> 2) + 2] = 0
      drop(record, NAME_BYTES)
      continue
    }
    liveNames.push(record)
    usedSymbols.add(u32[record >>> 2]!)
    // The chain is written back to front, so that a reader on it always reaches its end.
    for (let i = kept.length - 1, next = 0; i >= 0; next = kept[i--]!) {
      u32[(kept[i]! + P.nextOfName) >>> 2] = next
      usedSymbols.add(u32[(kept[i]! + P.value) >>> 2]!)
      livePairs.push(kept[i]!)
    }
    u32[(record >>> 2) + 1] = kept[0]!
    u32[(record >>> 2) + 2] = kept.length
  }
  for (let i = liveNames.length - 1, next = 0; i >= 0; next = liveNames[i--]!) {
    u32[(liveNames[i]! >>> 2) + 3] = next
  }
  u32[H.firstName >>> 2] = liveNames[0] ?? 0

  rebuild(store, H.pairTable, livePairs, (pair) => u32[(pair + P.hash) >>> 2]!, drop)
  u32[H.pairs >>> 2] = livePairs.length
  const symbols = u32[H.symbolTable >>> 2]!
  for (let i = 0; i < 2 ** u32[symbols >>> 2]!; i++) {
    const symbol = u32[(symbols >>> 2) + 2 + i]!
    if (symbol !== 0 && !usedSymbols.has(symbol)) {
      drop(symbol, SYMBOL_HEADER_BYTES + u32[(symbol >>> 2) + 1]!)
    }
  }
  rebuild(store, H.symbolTable, [...usedSymbols], (symbol) => u32[symbol >>> 2]!, drop)
  u32[H.symbols >>> 2] = usedSymbols.size
  store.forgetPairs()
  return () => {
    for (const { at, size } of garbage) heap.free(at, size)
  }
}

/** Rewrites the postings of a pair if dead refs are among them; returns how many live ones there are. */
function purgePostings(
  store: HeadStore,
  pair: number,
  drop: (at: number, size: number) => void,
): number {
  const { u32 } = store.memory
  const live: number[] = []
  const blocks: number[] = []
  let left = u32[(pair + P.count) >>> 2]!
  const total = left
  for (let block = u32[(pair + P.first) >>> 2]!; block !== 0; block = u32[block >>> 2]!) {
    blocks.push(block)
    const count = Math.min(left, u32[(block >>> 2) + 1]!)
    for (let i = 0; i < count; i++) {
      const ref = u32[(block >>> 2) + 2 + i]!
      if (u32[(RECORDS + (ref & SLOT_MASK) * RECORD_BYTES) >>> 2] === ref) live.push(ref)
    }
    left -= count
  }
  if (live.length === total) return total
  for (const block of blocks) drop(block, POSTINGS_HEADER_BYTES + u32[(block >>> 2) + 1]! * 4)
  // The new list is made aside. Readers take the count before the list: it must be the last to change.
  const aside = store.heap.allocate(PAIR_BYTES)
  for (const ref of live) store.pairs.list(aside, ref)
  for (const field of [P.first, P.tail, P.tailUsed, P.count]) {
    u32[(pair + field) >>> 2] = u32[(aside + field) >>> 2]!
  }
  store.heap.free(aside, PAIR_BYTES)
  return live.length
}

function rebuild(
  store: HeadStore,
  tableField: number,
  entries: readonly number[],
  hashOf: (entry: number) => number,
  drop: (at: number, size: number) => void,
): void {
  const { memory, heap } = store
  const { u32 } = memory
  const old = u32[tableField >>> 2]!
  let log2 = 10
  while (entries.length * 2 > 2 ** log2) log2++
  const table = newTable(memory, heap, log2)
  for (const entry of entries) putEntry(u32, table, hashOf(entry), entry)
  u32[tableField >>> 2] = table
  drop(old, 8 + 4 * 2 ** u32[old >>> 2]!)
}
