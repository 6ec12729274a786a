/** The shared memory with its views. Each thread makes its own views over the same bytes. */
export interface HeadMemory {
  readonly memory: WebAssembly.Memory
  readonly u8: Uint8Array
  readonly u16: Uint16Array
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f64: Float64Array
}

export function viewMemory(memory: WebAssembly.Memory): HeadMemory {
  const { buffer } = memory
  return {
    memory,
    u8: new Uint8Array(buffer),
    u16: new Uint16Array(buffer),
    u32: new Uint32Array(buffer),
    i32: new Int32Array(buffer),
    f64: new Float64Array(buffer),
  }
}
