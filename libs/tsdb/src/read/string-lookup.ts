import { encodeUtf8Into, utf8Length } from '@prom/bytes'
import type { HeadMemory } from '../head/head-memory.ts'
import { H } from '../head/layout.ts'
import { findSymbol, hashBytes } from '../head/symbols.ts'

let scratch = new Uint8Array(1024)

/** The symbol of a text, or 0 if the head has none. */
export function symbolOf(memory: HeadMemory, text: string): number {
  const length = utf8Length(text)
  if (length > scratch.length) scratch = new Uint8Array(length * 2)
  encodeUtf8Into(text, scratch, 0)
  const hash = hashBytes(scratch, 0, length, memory.u32[H.seed >>> 2]! | 0)
  return findSymbol(memory, hash, scratch, 0, length)
}
