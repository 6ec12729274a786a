import { instantiateKernels } from '@prom/kernels'
import type { Clock, HostFiles } from '@prom/runtime'
import { viewMemory } from '../head/head-memory.ts'
import { COMPACTION_READER } from '../head/layout.ts'
import { SymbolStrings } from '../head/strings.ts'
import { enterEpoch, leaveEpoch } from '../reader-slots.ts'
import { type CompactionJob, type CompactionResult, runCompaction } from './compaction-job.ts'

/** Label strings kept between series. */
const STRINGS_BYTES = 8 << 20

export interface CompactionRequest {
  readonly job: CompactionJob
  /** Room in the head's memory that is the thread's while it works, of CHUNK_SCRATCH_BYTES. */
  readonly scratch: number
}

/**
 * What a thread of its own does for compaction: it reads the head's memory like a query does, or blocks, and writes
 * folders that nobody else looks at yet. Returns the handler of its requests.
 */
export function serveCompaction(
  memory: WebAssembly.Memory,
  { files, clock }: { readonly files: HostFiles; readonly clock: Clock },
): (request: CompactionRequest) => CompactionResult {
  const head = viewMemory(memory)
  const kernels = instantiateKernels(memory)
  return ({ job, scratch }) => {
    // What a string is kept under may mean another one by the next job.
    const strings = new SymbolStrings(head, STRINGS_BYTES)
    enterEpoch(head.i32, COMPACTION_READER)
    try {
      const steps = runCompaction(job, { memory: head, strings, kernels, files, clock, scratch })
      for (;;) {
        const { done, value } = steps.next()
        if (done) return value
      }
    } finally {
      leaveEpoch(head.i32, COMPACTION_READER)
    }
  }
}
