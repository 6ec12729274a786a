import { Reader } from '@prom/bytes'

/** One series of an index, in columns that are used again for the next one. */
export class IndexEntry {
  labelCount = 0
  /** Names and values in turn, as the index numbers its symbols. */
  symbols = new Float64Array(64)
  chunkCount = 0
  mints = new Float64Array(16)
  maxts = new Float64Array(16)
  refs = new Float64Array(16)

  /** The body of a series entry; false if it is damaged. */
  decode(body: Uint8Array): boolean {
    const reader = new Reader(body)
    this.labelCount = reader.uvarint()
    if (this.labelCount > body.length) return false
    if (this.labelCount * 2 > this.symbols.length) {
      this.symbols = new Float64Array(this.labelCount * 4)
    }
    for (let i = 0; i < this.labelCount * 2; i++) this.symbols[i] = reader.uvarint()
    this.chunkCount = reader.uvarint()
    if (reader.failed || this.chunkCount > body.length) return false
    if (this.chunkCount > this.mints.length) {
      this.mints = new Float64Array(this.chunkCount * 2)
      this.maxts = new Float64Array(this.chunkCount * 2)
      this.refs = new Float64Array(this.chunkCount * 2)
    }
    let maxt = 0
    let ref = 0
    for (let i = 0; i < this.chunkCount; i++) {
      const mint = i === 0 ? reader.varint() : maxt + reader.uvarint()
      maxt = mint + reader.uvarint()
      ref = i === 0 ? reader.uvarint() : ref + reader.varint()
      this.mints[i] = mint
      this.maxts[i] = maxt
      this.refs[i] = ref
    }
    return !reader.failed
  }
}
