import { wasmBase64 } from './wasm.generated.ts'

const PAGE_BYTES = 65536
const VERSION = 1

/** The module's own constants live below this address; everything above belongs to the caller. */
export const KERNEL_DATA_BYTES = 1 << 20

/** What the module exports. Addresses and lengths are bytes; each kernel's file says what it does. */
export interface KernelExports {
  version(): number
  dataEnd(): number
  /** CRC-32C; the result may come out negative, `>>> 0` it. */
  crc32c(at: number, length: number, before: number): number
  snappyBound(length: number): number
  /** `table` is 32 KiB of scratch. */
  snappyCompress(source: number, length: number, target: number, table: number): number
  /** -1: malformed or larger than `room`. */
  snappyUncompress(source: number, length: number, target: number, room: number): number
  /** Returns the samples decoded, fewer than `count` if the bytes end early. */
  xorDecode(source: number, length: number, count: number, times: number, values: number): number
  headAppend(
    context: number,
    refs: number,
    times: number,
    time: number,
    values: number,
    statuses: number,
    count: number,
    wal: number,
    isReplay: number,
  ): number
  /** The first row a row appender would refuse, by what the head holds now; `count`: none. */
  headCheck(context: number, refs: number, times: number, values: number, count: number): number
  headSeal(context: number, record: number): void
  /** Bytes written to `target`: the chunk as a record of a head chunk file. */
  writeHeadChunk(target: number, chunk: number, ref: number, flags: number): number
  /** Bytes written to `target`: the chunk as a record of a block's chunk file. */
  writeBlockChunk(target: number, chunk: number, count: number, bytes: number): number
  /** Samples decoded, -1 if the record is damaged. */
  walSamples(
    record: number,
    length: number,
    from: number,
    table: number,
    pages: number,
    refs: number,
    times: number,
    values: number,
    max: number,
    nextAt: number,
  ): number
  /**
   * Copies a samples record without what is before `mint`; `target` needs `length` and 20 bytes. Returns the bytes
   * written, 0 if no sample is left, -1 if the record is damaged.
   */
  filterSamples(record: number, length: number, mint: number, target: number): number
  /** Matches a text exposition against a template; see `MATCH` for the control block. 0: too many lines. */
  matchExposition(control: number): number
  /** Cuts a record into the fragments of a log's pages; returns their bytes, their number goes to `countAt`. */
  logFragments(
    source: number,
    length: number,
    flags: number,
    target: number,
    position: number,
    countAt: number,
  ): number
  /** Bytes of a plain head of an HTTP answer, 0 if it is not one; see `HTTP_HEAD` for what `out` gets. */
  readHttpHead(start: number, end: number, out: number): number
  /** A remote-write 1.0 request into columns; see `WRITE` for the control block. 0: not a plain one. */
  readWriteRequest(control: number): number
  /** Points of a series as JSON; returns the address behind them. See `print-floats`. */
  printPoints(values: number, count: number, texts: number, powers: number, target: number): number
  printFloats(values: number, count: number, ends: number, powers: number, target: number): void
  /** Label sets as JSON, with a sample each or alone (`values` 0); returns the address behind them. */
  printRows(
    list: number,
    count: number,
    values: number,
    middle: number,
    middleLength: number,
    powers: number,
    target: number,
  ): number
  /** Rates of windows, see `range-rate`; the next ones, too. */
  rangeRate(
    values: number,
    starts: number,
    ends: number,
    spans: number,
    steps: number,
    from: number,
    to: number,
    out: number,
    isCounter: number,
    resetsIn: number,
    rangeSeconds: number,
    isPerSecond: number,
  ): void
  rangeLastDifference(
    values: number,
    ends: number,
    seconds: number,
    from: number,
    to: number,
    out: number,
    isCounter: number,
  ): void
  rangeChanges(
    values: number,
    count: number,
    starts: number,
    ends: number,
    from: number,
    to: number,
    out: number,
    isReset: number,
    counts: number,
  ): void
  /** Windows of floats put together, see `range-over-time`. */
  rangeSums: RangeKernel
  rangeExtremes: RangeKernel
  rangeVariances: RangeKernel
  rangeQuantiles(
    values: number,
    starts: number,
    ends: number,
    from: number,
    to: number,
    out: number,
    quantiles: number,
    keys: number,
  ): void
  rangeLines(
    values: number,
    times: number,
    starts: number,
    ends: number,
    origins: number,
    sums: number,
    steps: number,
    from: number,
    to: number,
    out: number,
    seconds: number,
  ): void
  /** Columns of series added to those of their group, see `step-sums`. */
  addCounts(counts: number, from: number, to: number): void
  addSums(
    values: number,
    extra: number,
    column: number,
    from: number,
    to: number,
    isAverage: number,
  ): number
  addExtremes(values: number, column: number, from: number, to: number, isMax: number): void
  addVariances(
    counts: number,
    values: number,
    extra: number,
    column: number,
    from: number,
    to: number,
  ): void
  writeEntry(
    entry: number,
    at: number,
    length: number,
    ref: number,
    flags: number,
    seed: number,
  ): void
}

/** `kind` says which of two: see the kernel. */
export type RangeKernel = (
  values: number,
  starts: number,
  ends: number,
  from: number,
  to: number,
  out: number,
  kind: number,
) => void

/** One instance of the module over one memory. Cheap to make; each thread makes its own. */
export interface Kernels {
  readonly memory: WebAssembly.Memory
  readonly exports: KernelExports
}

let compiled: WebAssembly.Module | undefined

/** A memory for kernels: `sizeBytes` long and zero; pages cost nothing until they are touched. */
export function createKernelMemory(sizeBytes: number): WebAssembly.Memory {
  const pages = Math.min(65535, Math.ceil(sizeBytes / PAGE_BYTES))
  return new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true })
}

/** Instantiates the kernels over `memory` (default: a private one of 16 MiB). Compiles once per thread. */
export function instantiateKernels(memory = createKernelMemory(16 << 20)): Kernels {
  compiled ??= new WebAssembly.Module(Buffer.from(wasmBase64, 'base64'))
  const instance = new WebAssembly.Instance(compiled, {
    env: {
      memory,
      abort: () => {
        throw new Error('kernel aborted')
      },
    },
  })
  const exports = instance.exports as unknown as KernelExports
  if (exports.version() !== VERSION) throw new Error('kernels were built from other sources')
  if (exports.dataEnd() > KERNEL_DATA_BYTES) throw new Error('kernel constants outgrew their room')
  return { memory, exports }
}
