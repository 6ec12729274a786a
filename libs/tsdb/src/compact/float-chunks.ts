import { ENCODING_XOR, XorEncoder } from '@prom/chunks'
import type { ChunkData } from '../block/chunk-writer.ts'

const CHUNK_SAMPLES = 120
/** A chunk this large gets no further sample. */
const CHUNK_BYTES = 1024 - 19

/**
 * Cuts one series into chunks as the head does: at most twice 120 samples, ends on multiples of `rangeMs`, spread
 * evenly by the rate of the first quarter. `times` ascend strictly; `words` are the values' halves, low first, at
 * `index` 0..count.
 */
export function cutFloatChunks(
  times: Float64Array,
  words: Uint32Array,
  count: number,
  rangeMs: number,
): ChunkData[] {
  const chunks: ChunkData[] = []
  let encoder: XorEncoder | undefined
  let mint = 0
  let maxt = 0
  let nextAt = 0
  for (let i = 0; i < count; i++) {
    const time = times[i]!
    if (encoder && encoder.sizeBytes > CHUNK_BYTES) encoder = close(chunks, encoder, mint, maxt)
    if (encoder?.count === CHUNK_SAMPLES / 4) nextAt = predictEnd(mint, maxt, nextAt)
    if (encoder && (time >= nextAt || encoder.count >= CHUNK_SAMPLES * 2)) {
      encoder = close(chunks, encoder, mint, maxt)
    }
    if (!encoder) {
      encoder = new XorEncoder()
      mint = time
      nextAt = Math.trunc(time / rangeMs) * rangeMs + rangeMs
    }
    encoder.append(time, words[i * 2 + 1]!, words[i * 2]!)
    maxt = time
  }
  if (encoder) close(chunks, encoder, mint, maxt)
  return chunks
}

function close(chunks: ChunkData[], encoder: XorEncoder, mint: number, maxt: number): undefined {
  chunks.push({ mint, maxt, encoding: ENCODING_XOR, data: encoder.finish() })
}

/** Where a chunk should end so that those up to `end` are about as full as each other. */
function predictEnd(start: number, current: number, end: number): number {
  const parts = (end - start) / ((current - start + 1) * 4)
  return parts <= 1 ? end : Math.trunc(start + (end - start) / Math.floor(parts))
}
