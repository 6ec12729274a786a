/** What the kernel can count, by the names of the flags; numbers are those of linux/perf_event.h. */
export interface PerfEvent {
  /** Of the flag that chooses it. */
  readonly profiler: string
  readonly metric: string
  readonly help: string
  readonly type: number
  readonly config: number
}

const HARDWARE = 0
const SOFTWARE = 1
export const TRACEPOINT = 2
const CACHE = 3

const READ = 0
const WRITE = 1
const HIT = 0
const MISS = 1
/** A cache event: which cache, what is done to it, how that ended. */
const cacheOf = (cache: number, operation: number, result: number) =>
  cache | (operation << 8) | (result << 16)
const L1_DATA = 0
const L1_INSTRUCTIONS = 1
const LAST_LEVEL = 2
const DATA_TLB = 3
const INSTRUCTION_TLB = 4
const BRANCHES = 5

function event(
  type: number,
  profiler: string,
  metric: string,
  help: string,
  config: number,
): PerfEvent {
  return { profiler, metric, help, type, config }
}

export const HARDWARE_EVENTS: readonly PerfEvent[] = [
  event(
    HARDWARE,
    'CpuCycles',
    'node_perf_cpucycles_total',
    'Number of CPU cycles (frequency scaled)',
    0,
  ),
  event(HARDWARE, 'CpuInstr', 'node_perf_instructions_total', 'Number of CPU instructions', 1),
  event(
    HARDWARE,
    'CacheRef',
    'node_perf_cache_refs_total',
    'Number of cache references (non frequency scaled)',
    2,
  ),
  event(HARDWARE, 'CacheMisses', 'node_perf_cache_misses_total', 'Number of cache misses', 3),
  event(
    HARDWARE,
    'BranchInstr',
    'node_perf_branch_instructions_total',
    'Number of CPU branch instructions',
    4,
  ),
  event(
    HARDWARE,
    'BranchMisses',
    'node_perf_branch_misses_total',
    'Number of CPU branch misses',
    5,
  ),
  event(
    HARDWARE,
    'StalledCyclesBackend',
    'node_perf_stalled_cycles_backend_total',
    'Number of stalled backend CPU cycles',
    8,
  ),
  event(
    HARDWARE,
    'StalledCyclesFrontend',
    'node_perf_stalled_cycles_frontend_total',
    'Number of stalled frontend CPU cycles',
    7,
  ),
  event(HARDWARE, 'RefCpuCycles', 'node_perf_ref_cpucycles_total', 'Number of CPU cycles', 9),
]

export const SOFTWARE_EVENTS: readonly PerfEvent[] = [
  event(SOFTWARE, 'PageFault', 'node_perf_page_faults_total', 'Number of page faults', 2),
  event(
    SOFTWARE,
    'ContextSwitch',
    'node_perf_context_switches_total',
    'Number of context switches',
    3,
  ),
  event(
    SOFTWARE,
    'CpuMigration',
    'node_perf_cpu_migrations_total',
    'Number of CPU process migrations',
    4,
  ),
  event(SOFTWARE, 'MinorFault', 'node_perf_minor_faults_total', 'Number of minor page faults', 5),
  event(SOFTWARE, 'MajorFault', 'node_perf_major_faults_total', 'Number of major page faults', 6),
]

export const CACHE_EVENTS: readonly PerfEvent[] = [
  event(
    CACHE,
    'L1DataReadHit',
    'node_perf_cache_l1d_read_hits_total',
    'Number L1 data cache read hits',
    cacheOf(L1_DATA, READ, HIT),
  ),
  event(
    CACHE,
    'L1DataReadMiss',
    'node_perf_cache_l1d_read_misses_total',
    'Number L1 data cache read misses',
    cacheOf(L1_DATA, READ, MISS),
  ),
  event(
    CACHE,
    'L1DataWriteHit',
    'node_perf_cache_l1d_write_hits_total',
    'Number L1 data cache write hits',
    cacheOf(L1_DATA, WRITE, HIT),
  ),
  event(
    CACHE,
    'L1InstrReadMiss',
    'node_perf_cache_l1_instr_read_misses_total',
    'Number instruction L1 instruction read misses',
    cacheOf(L1_INSTRUCTIONS, READ, MISS),
  ),
  event(
    CACHE,
    'LLReadHit',
    'node_perf_cache_ll_read_hits_total',
    'Number last level read hits',
    cacheOf(LAST_LEVEL, READ, HIT),
  ),
  event(
    CACHE,
    'LLReadMiss',
    'node_perf_cache_ll_read_misses_total',
    'Number last level read misses',
    cacheOf(LAST_LEVEL, READ, MISS),
  ),
  event(
    CACHE,
    'LLWriteHit',
    'node_perf_cache_ll_write_hits_total',
    'Number last level write hits',
    cacheOf(LAST_LEVEL, WRITE, HIT),
  ),
  event(
    CACHE,
    'LLWriteMiss',
    'node_perf_cache_ll_write_misses_total',
    'Number last level write misses',
    cacheOf(LAST_LEVEL, WRITE, MISS),
  ),
  event(
    CACHE,
    'InstrTLBReadHit',
    'node_perf_cache_tlb_instr_read_hits_total',
    'Number instruction TLB read hits',
    cacheOf(INSTRUCTION_TLB, READ, HIT),
  ),
  event(
    CACHE,
    'InstrTLBReadMiss',
    'node_perf_cache_tlb_instr_read_misses_total',
    'Number instruction TLB read misses',
    cacheOf(INSTRUCTION_TLB, READ, MISS),
  ),
  event(
    CACHE,
    'BPUReadHit',
    'node_perf_cache_bpu_read_hits_total',
    'Number BPU read hits',
    cacheOf(BRANCHES, READ, HIT),
  ),
  event(
    CACHE,
    'BPUReadMiss',
    'node_perf_cache_bpu_read_misses_total',
    'Number BPU read misses',
    cacheOf(BRANCHES, READ, MISS),
  ),
  event(
    CACHE,
    'DataTLBReadHit',
    'node_perf_cache_tlb_data_read_hits_total',
    'Number of data TLB read hits',
    cacheOf(DATA_TLB, READ, HIT),
  ),
  event(
    CACHE,
    'DataTLBReadMiss',
    'node_perf_cache_tlb_data_read_misses_total',
    'Number of data TLB read misses',
    cacheOf(DATA_TLB, READ, MISS),
  ),
  event(
    CACHE,
    'DataTLBWriteHit',
    'node_perf_cache_tlb_data_write_hits_total',
    'Number of data TLB write hits',
    cacheOf(DATA_TLB, WRITE, HIT),
  ),
  event(
    CACHE,
    'DataTLBWriteMiss',
    'node_perf_cache_tlb_data_write_misses_total',
    'Number of data TLB write misses',
    cacheOf(DATA_TLB, WRITE, MISS),
  ),
]

/** Cache events that are counted when no flag chooses any. */
export const DEFAULT_CACHE_PROFILERS: readonly string[] = [
  'L1DataReadHit',
  'L1DataReadMiss',
  'L1DataWriteHit',
  'L1InstrReadMiss',
  'InstrTLBReadHit',
  'InstrTLBReadMiss',
  'DataTLBReadHit',
  'DataTLBReadMiss',
]
