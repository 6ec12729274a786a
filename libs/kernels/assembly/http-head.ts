// Reads the head of a plain HTTP/1.1 answer, the kind a metrics endpoint gives again and again. Output, u32 each:
//
//   0  length of the body, 0xffffffff if the head does not say
//   4  flags: 1 the body is chunked, 2 it is packed with gzip
//   8  address of the Content-Type's value   12  its length   16  its hash (FNV-1a)

const CHUNKED: u32 = 1
const GZIP: u32 = 2
const NO_LENGTH: u32 = 0xffffffff

/**
 * Returns the bytes of the head, its blank line included; 0 if it is not all there or anything about it is not plain:
 * another status than 200, an unusual value, a field twice. The caller's own reader then tells what it is.
 */
export function readHttpHead(start: usize, end: usize, out: usize): u32 {
  // "HTTP/1.1", " 200"
  if (start + 19 > end || load<u64>(start) != 0x312e312f50545448 || load<u32>(start, 8) != 0x30303220) return 0
  let at = start + 12
  let c = <u32>load<u8>(at)
  if (c != 32 && c != 13) return 0
  while (at < end && <u32>load<u8>(at) != 13) {
    if (<u32>load<u8>(at) < 32 || <u32>load<u8>(at) > 126) return 0
    at++
  }
  let length: u32 = NO_LENGTH
  let flags: u32 = 0
  let type: usize = 0
  let typeLength: u32 = 0
  let typeHash: u32 = 0
  while (true) {
    // At the CR of the line before.
    if (at + 4 > end || <u32>load<u8>(at, 1) != 10) return 0
    at += 2
    if (<u32>load<u8>(at) == 13) break
    const name = at
    while (at < end && isToken(<u32>load<u8>(at))) at++
    const nameLength = <u32>(at - name)
    if (at >= end || <u32>load<u8>(at) != 58 || nameLength == 0) return 0
    at++
    while (at < end && <u32>load<u8>(at) == 32) at++
    const value = at
    while (at < end) {
      c = <u32>load<u8>(at)
      if (c < 32 || c > 126) break
      at++
    }
    if (at >= end || c != 13) return 0
    let valueEnd = at
    while (valueEnd > value && <u32>load<u8>(valueEnd - 1) == 32) valueEnd--
    const valueLength = <u32>(valueEnd - value)
    // The names that matter differ in their lengths.
    if (nameLength == 14) {
      // "content-" "-length", overlapping
      if (!isWord(name, 0x2d746e65746e6f63) || !isWord(name + 6, 0x6874676e656c2d74)) continue
      if (length != NO_LENGTH || valueLength == 0 || valueLength > 9) return 0
      length = 0
      for (let i: u32 = 0; i < valueLength; i++) {
        const digit = <u32>load<u8>(value + i) - 48
        if (digit > 9) return 0
        length = length * 10 + digit
      }
    } else if (nameLength == 12) {
      if (!isWord(name, 0x2d746e65746e6f63) || !isWord(name + 4, 0x657079742d746e65)) continue
      if (type != 0) return 0
      type = value
      typeLength = valueLength
      typeHash = 0x811c9dc5
      for (let i: u32 = 0; i < valueLength; i++) typeHash = (typeHash ^ <u32>load<u8>(value + i)) * 0x01000193
    } else if (nameLength == 16) {
      if (!isWord(name, 0x2d746e65746e6f63) || !isWord(name + 8, 0x676e69646f636e65)) continue
      if (flags & GZIP || valueLength != 4 || load<u32>(value) != 0x70697a67) return 0
      flags |= GZIP
    } else if (nameLength == 17) {
      // "transfer" "encoding"
      if (!isWord(name, 0x726566736e617274) || !isWord(name + 9, 0x676e69646f636e65)) continue
      // "chunked": its eighth byte is whatever follows.
      if (flags & CHUNKED || valueLength != 7) return 0
      if ((load<u64>(value) & 0x00ffffffffffffff) != 0x0064656b6e756863) return 0
      flags |= CHUNKED
    } else if (nameLength == 10) {
      // "connecti" "on"; "keep-ali" "ve" goes without saying.
      if (!isWord(name, 0x697463656e6e6f63) || (load<u16>(name, 8) | 0x2020) != 0x6e6f) continue
      if (valueLength != 10 || !isWord(value, 0x696c612d7065656b) || (load<u16>(value, 8) | 0x2020) != 0x6576) return 0
    }
  }
  if (((flags & CHUNKED) != 0) == (length != NO_LENGTH)) return 0
  if (at + 1 >= end || <u32>load<u8>(at, 1) != 10) return 0
  store<u32>(out, length)
  store<u32>(out, flags, 4)
  store<u32>(out, <u32>type, 8)
  store<u32>(out, typeLength, 12)
  store<u32>(out, typeHash, 16)
  return <u32>(at + 2 - start)
}

/** True if the eight letters and dashes at `at` are `word`, which is in lower case. */
// @ts-ignore: decorator
@inline
function isWord(at: usize, word: u64): bool {
  return (load<u64>(at) | 0x2020202020202020) == word
}

// @ts-ignore: decorator
@inline
function isToken(c: u32): bool {
  return (c | 32) - 97 <= 25 || c == 45 || c - 48 <= 9 || c == 95
}
