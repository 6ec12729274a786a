/** Undoes LZW as memberlist compresses: least significant bits first, literals of 8 bits, codes of up to 12. */
const CLEAR = 256
const END = 257
const CODES_MAX = 4096

/** Throws an Error for broken input, or once the output would be larger than `sizeMax`. */
export function decompressLzw(input: Uint8Array, sizeMax: number): Uint8Array {
  const prefix = new Uint16Array(CODES_MAX)
  const suffix = new Uint8Array(CODES_MAX)
  const length = new Uint16Array(CODES_MAX)
  for (let i = 0; i < 256; i++) {
    suffix[i] = i
    length[i] = 1
  }
  let out = new Uint8Array(Math.min(sizeMax, Math.max(256, input.length * 4)))
  let size = 0
  let width = 9
  let next = END
  let last = -1
  let bits = 0
  let bitCount = 0
  let at = 0

  const emit = (code: number): number => {
    const count = length[code] as number
    if (size + count > sizeMax) throw new Error('compressed message is too large')
    if (size + count > out.length) {
      const grown = new Uint8Array(Math.min(sizeMax, Math.max(out.length * 2, size + count)))
      grown.set(out)
      out = grown
    }
    let walk = code
    for (let i = size + count - 1; i >= size; i--) {
      out[i] = suffix[walk] as number
      walk = prefix[walk] as number
    }
    size += count
    return out[size - count] as number
  }

  for (;;) {
    while (bitCount < width) {
      if (at >= input.length) throw new Error('unexpected EOF')
      bits |= (input[at++] as number) << bitCount
      bitCount += 8
    }
    const code = bits & ((1 << width) - 1)
    bits >>>= width
    bitCount -= width
    if (code === END) return out.subarray(0, size)
    if (code === CLEAR) {
      width = 9
      next = END
      last = -1
      continue
    }
    if (code > next || (code === next && last < 0)) throw new Error('lzw: invalid code')
    if (code === next) {
      // The code that is being made: what was last, and its own first byte again.
      let first = last
      while ((length[first] as number) > 1) first = prefix[first] as number
      define(next, last, suffix[first] as number)
      emit(code)
    } else {
      const first = emit(code)
      if (last >= 0 && next < CODES_MAX) define(next, last, first)
    }
    last = code
    next++
    if (next >= 1 << width) {
      if (width < 12) width++
      else {
        // The table is full: no more codes are made until it is cleared.
        last = -1
        next--
      }
    }
  }

  function define(code: number, before: number, byte: number): void {
    if (code < 258 || code >= CODES_MAX) return
    prefix[code] = before
    suffix[code] = byte
    length[code] = (length[before] as number) + 1
  }
}
