/**
 * A tar archive in POSIX ustar form: for each file a block of 512 bytes (name, mode, sizes and times in octal,
 * checksum), its bytes padded to whole blocks; two empty blocks at the end.
 */
const BLOCK_BYTES = 512
const CHECKSUM_AT = 148

export function writeTar(
  files: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): Uint8Array {
  const parts: Uint8Array[] = []
  for (const { name, bytes } of files) {
    parts.push(header(name, bytes.length), bytes)
    parts.push(new Uint8Array((BLOCK_BYTES - (bytes.length % BLOCK_BYTES)) % BLOCK_BYTES))
  }
  return Buffer.concat([...parts, new Uint8Array(2 * BLOCK_BYTES)])
}

function header(name: string, sizeBytes: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`
  block.write(name, 0, 100, 'utf8')
  block.write(octal(0o666, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(sizeBytes, 11), 124)
  block.write(octal(0, 11), 136)
  block.write('0', 156)
  block.write('ustar\x0000', 257, 'latin1')
  block.write(octal(0, 7), 329)
  block.write(octal(0, 7), 337)
  block.fill(' ', CHECKSUM_AT, CHECKSUM_AT + 8)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT)
  return block
}
