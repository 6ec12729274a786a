const LEAST = -292
const MOST = 324
const LOW_BITS = 63n
const LOW_MASK = (1n << LOW_BITS) - 1n

/** What `writePowers` needs. */
export const POWERS_BYTES = (MOST - LEAST + 1) * 16

/**
 * Writes the table that the kernels which print floats look into: 10^p for each p from -292 to 324, cut to 126 bits
 * and rounded up, as two words of 63 bits, the upper one first.
 */
export function writePowers(target: DataView, at: number): void {
  let offset = at
  for (let p = LEAST; p <= MOST; p++) {
    const value = power(p)
    target.setBigUint64(offset, value >> LOW_BITS, true)
    target.setBigUint64(offset + 8, value & LOW_MASK, true)
    offset += 16
  }
}

/** floor(10^p * 2^-(floor(log2(10^p)) - 125)) + 1 */
function power(p: number): bigint {
  const shift = BigInt(Math.floor(p * Math.log2(10))) - 125n
  if (p >= 0) {
    const ten = 10n ** BigInt(p)
    return (shift >= 0n ? ten >> shift : ten << -shift) + 1n
  }
  return (1n << -shift) / 10n ** BigInt(-p) + 1n
}
