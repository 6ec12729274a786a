/** Values of a label in the head, kept while no series comes or goes. */
import { compareBytes } from '@prom/labels'
import type { HeadMemory } from '../head/head-memory.ts'
import { H, P } from '../head/layout.ts'
import type { SymbolStrings } from '../head/strings.ts'
import { pairsOfName } from './head-select.ts'

/** By the symbol of the name; insertion order is the order of use. */
export type KeptValues = Map<number, { readonly version: number; readonly values: string[] }>

const NAMES_MAX = 16
/** Longer lists are made each time. */
const VALUES_MAX = 20_000

/** Ascending by bytes; not to be written. */
export function listValues(
  view: {
    readonly memory: HeadMemory
    readonly strings: SymbolStrings
    readonly values: KeptValues
  },
  name: number,
): string[] {
  const { memory, strings, values: kept } = view
  const { u32 } = memory
  const version = u32[H.seriesVersion >>> 2]!
  const known = kept.get(name)
  if (known?.version === version) return known.values
  const symbols = new Set<number>()
  for (const pair of pairsOfName(memory, name)) {
    if (u32[(pair + P.count) >>> 2]! > 0) symbols.add(u32[(pair + P.value) >>> 2]!)
  }
  const values = Array.from(symbols, (symbol) => strings.of(symbol)).sort(compareBytes)
  kept.delete(name)
  if (values.length <= VALUES_MAX) kept.set(name, { version, values })
  if (kept.size > NAMES_MAX) kept.delete(kept.keys().next().value as number)
  return values
}
