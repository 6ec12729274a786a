const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Strings up to this long are decoded by hand: a TextDecoder call costs more than 20 characters. */
const SHORT_LENGTH = 24

/** Text of the bytes; malformed sequences become U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): string {
  if (bytes.length <= SHORT_LENGTH) {
    let text = ''
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!
      if (byte >= 0x80) return decodeAny(bytes)
      text += String.fromCharCode(byte)
    }
    return text
  }
  return decodeAny(bytes)
}

/** Text of the bytes, or undefined if they are not valid UTF-8. */
export function decodeUtf8Strict(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(unshared(bytes))
  } catch {
    return undefined
  }
}

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** Number of bytes `encodeUtf8` gives. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x80) continue
    if (code < 0x800) length += 1
    else if (code < 0xd800 || code > 0xdbff || !isLow(text.charCodeAt(i + 1))) length += 2
    else {
      length += 2
      i++
    }
  }
  return length
}

/** Writes the UTF-8 of `text` at `offset`; the caller made room for `utf8Length`. Returns the bytes written. */
export function encodeUtf8Into(text: string, into: Uint8Array, offset: number): number {
  const length = text.length
  let i = 0
  for (; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) break
    into[offset + i] = code
  }
  if (i === length) return i
  const rest = encoder.encode(text.slice(i))
  into.set(rest, offset + i)
  return i + rest.length
}

function decodeAny(bytes: Uint8Array): string {
  return decoder.decode(unshared(bytes))
}

// TextDecoder refuses views of shared memory.
function unshared(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes)
}

function isLow(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff
}
