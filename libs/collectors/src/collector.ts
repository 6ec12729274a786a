/** What a collector is, what it is handed, and how it says that there is nothing to say. */
import type { Clock, HostFiles, HostNet, Logger } from '@prom/runtime'
import type { KernelFiles } from './kernel-files.ts'
import type { Page } from './page.ts'

/** A flag of one collector; `name` without the leading dashes. Booleans can be negated with `--no-`. */
export interface CollectorFlag {
  readonly name: string
  readonly kind: 'boolean' | 'string' | 'strings' | 'integer' | 'duration'
  readonly help: string
  /** As text, as the help prints it. */
  readonly fallback?: string
  readonly isHidden?: boolean
  readonly env?: string
}

/** The values of all collector flags; durations are milliseconds. */
export interface CollectorFlags {
  boolean(name: string): boolean
  string(name: string): string
  strings(name: string): readonly string[]
  number(name: string): number
  /** Whether the command line names this flag. */
  isGiven(name: string): boolean
}

/** What a collector is handed when it is made, once per program. */
export interface CollectorDeps {
  readonly proc: KernelFiles
  readonly sys: KernelFiles
  /** The machine as the exporter itself sees it, whatever the path flags say: what netlink would answer. */
  readonly own: { readonly proc: KernelFiles; readonly sys: KernelFiles }
  /** Turns a path of the observed machine into one of ours, as --path.rootfs says, and back. */
  readonly rootPath: string
  readonly udevPath: string
  readonly files: HostFiles
  readonly net: HostNet
  readonly clock: Clock
  readonly log: Logger
  readonly flags: CollectorFlags
  readonly system: SystemFacts
  isEnabled(collector: string): boolean
}

/** Facts that no file holds. */
export interface SystemFacts {
  readonly architecture: string
  readonly pageSizeBytes: number
  /** Name and seconds east of UTC of the local time zone at a moment. */
  timeZone(atMs: number): { readonly name: string; readonly offsetSeconds: number }
  /** The addresses of the network devices of our own namespace. */
  addresses(): readonly {
    readonly device: string
    readonly address: string
    readonly prefixLength: number
  }[]
  readonly kernel: KernelCalls | undefined
}

/** The system calls that files cannot replace. Absent where the shipped helper does not run. */
export interface KernelCalls {
  /** adjtimex(2) without changing anything: the state it returns, and struct timex as 64-bit numbers. */
  adjtimex(): { readonly state: number; readonly fields: Readonly<Record<string, number>> }
  /** Sends one netlink request and returns all answers up to the end of the dump. */
  netlink(family: number, request: Uint8Array): Uint8Array[]
  /** ioctl(2) of an opened file with `data` as its argument, changed in place; a negative errno on failure. */
  fileIoctl(path: string, request: number, data: Uint8Array): number
  /** The ethtool ioctl of a network device: a command and its data, changed in place; a negative errno on failure. */
  ethtool(device: string, data: Uint8Array): number
  /** Starts a counter of all processes on one processor from struct perf_event_attr; a negative errno on failure. */
  perfOpen(attributes: Uint8Array, cpu: number): number
  /**
   * Reads a file into a buffer, by one read or up to its end; how many bytes, or a negative errno. A full buffer may not
   * be all of the file. Absent: files are read through the host.
   */
  readFile?(path: string, into: Buffer, isSingle: boolean): number
  /** What a counter has counted; undefined if it cannot be read. */
  perfRead(counter: number): number | undefined
}

/**
 * Adds the samples of this moment to `page`. Throws NoDataError if the subsystem is absent, any other error if it
 * cannot be read; samples added before are kept. Long waits must end when `signal` aborts.
 */
export type Collect = (page: Page, signal: AbortSignal) => void | Promise<void>

export interface CollectorDefinition {
  readonly name: string
  readonly isDefault: boolean
  readonly flags?: readonly CollectorFlag[]
  /** Makes the collector. Throwing ends the program: a flag is wrong. */
  readonly create: (deps: CollectorDeps) => Collect
}

export function defineCollector(definition: CollectorDefinition): CollectorDefinition {
  return definition
}

/** The subsystem does not exist on this machine: reported as not successful, but logged only at debug. */
export class NoDataError extends Error {
  constructor(reason?: unknown) {
    // Nobody looks at where it comes from, and it comes at every scrape: no stack.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super('collector returned no data', reason === undefined ? undefined : { cause: reason })
    Error.stackTraceLimit = stackTraceLimit
  }
}
