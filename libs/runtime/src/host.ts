/**
 * What a program is handed from outside: time, chance, files, network, the process. Everything outside
 * `runtime/node` and `http` reaches the machine only through these.
 */
import type { Socket as DatagramSocket } from 'node:dgram'
import type { AgentOptions } from 'node:https'
import type { NetConnectOpts, Server, Socket } from 'node:net'

export interface Clock {
  /** Wall-clock time, milliseconds since 1970. */
  now(): number
  /** Monotonic time in milliseconds, for durations. */
  monotonic(): number
  /** Resolves at wall-clock time `atMs` (at once if past), or as soon as `signal` aborts; never rejects. */
  sleepUntil(atMs: number, signal?: AbortSignal): Promise<void>
  /** As `sleepUntil(now() + ms)`. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** For loops that wait so often that a promise and a listener each time would count. */
export interface AlarmClock extends Clock {
  /** An alarm that calls `ring`. */
  alarm(ring: () => void): Alarm
}

/** Rings once at the moment that was set last; then it can be set again. */
export interface Alarm {
  /** To ring at wall-clock time `atMs`; soon if that is past, but never within this call. */
  set(atMs: number): void
  clear(): void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Unpredictable bytes. */
  bytes(count: number): Uint8Array
}

export interface FileStat {
  readonly isFile: boolean
  readonly isDirectory: boolean
  readonly isSymbolicLink: boolean
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly mode: number
  readonly inode?: number
}

/** An open file. Offsets are bytes from its start. Sync, because storage threads are synchronous inside. */
export interface FileHandle {
  read(into: Uint8Array, offset: number): number
  write(from: Uint8Array, offset?: number): number
  sync(): void
  truncate(sizeBytes: number): void
  size(): number
  close(): void
  /**
   * Takes an exclusive lock on the file (flock), held until `close`: false if another process holds it, undefined where
   * there is no such call.
   */
  lock?(): boolean | undefined
}

/**
 * Files. Errors are Node's (`code` ENOENT, ENOSPC, EIO ...). Sync calls are for storage threads, start-up and
 * command lines; daemons' main threads use the promise forms.
 */
export interface HostFiles {
  readSync(path: string): Uint8Array
  readTextSync(path: string): string
  /** Writes beside, fsyncs, renames, fsyncs the folder: a crash leaves the old or the new, never half. */
  replaceSync(path: string, content: Uint8Array | string, mode?: number): void
  openSync(path: string, flags: 'r' | 'r+' | 'w' | 'a' | 'wx', mode?: number): FileHandle
  listSync(path: string): string[]
  statSync(path: string): FileStat | undefined
  lstatSync(path: string): FileStat | undefined
  readLinkSync(path: string): string
  mkdirSync(path: string): void
  renameSync(from: string, to: string): void
  removeSync(path: string): void
  syncFolderSync(path: string): void
  /** Names in a folder, sorted; for folders that may be on a dead network mount. */
  list(path: string): Promise<string[]>
  stat(path: string): Promise<FileStat | undefined>
  read(path: string, signal?: AbortSignal): Promise<Uint8Array>
  readText(path: string, signal?: AbortSignal): Promise<string>
  /** Paths that match a Go filepath.Glob pattern, sorted. */
  glob(pattern: string): string[]
  /** Calls `changed` after something in the folder changed; returns how to stop. */
  watch(folder: string, changed: () => void): () => void
  /** Bytes and inodes of the file system that holds `path`. */
  statfs(path: string): Promise<{
    blockSize: number
    blocks: number
    blocksFree: number
    blocksAvailable: number
    files: number
    filesFree: number
    type: number
  }>
}

export interface HostNet {
  connect(options: NetConnectOpts): Socket
  createServer(listener: (socket: Socket) => void): Server
  /** A UDP socket, not yet bound or connected; absent where nobody needs one. */
  createDatagram?(type: 'udp4' | 'udp6'): DatagramSocket
  readonly agentOptions?: AgentOptions
  /** IP addresses of this machine's interfaces, loopback excluded. */
  addresses?(): string[]
  /** IP addresses of a name, as the system resolves it (hosts file included). */
  lookup?(name: string): Promise<string[]>
}

/** DNS. Answers come without trailing dots; a name without records is an empty list, failures reject. */
export interface Resolver {
  srv(name: string): Promise<readonly { readonly name: string; readonly port: number }[]>
  /** Exchange hosts. */
  mx(name: string): Promise<readonly string[]>
  ns(name: string): Promise<readonly string[]>
  a(name: string): Promise<readonly string[]>
  aaaa(name: string): Promise<readonly string[]>
}

export interface Signals {
  /** Aborts on SIGINT or SIGTERM. */
  readonly stop: AbortSignal
  /** Calls back on SIGHUP; returns how to stop listening. */
  onHangup(callback: () => void): () => void
}

/** Who started us and waits for word (systemd). */
export interface ServiceManager {
  /** Sends lines such as `READY=1`; false if they could not be sent. */
  notify(state: string): boolean
  /** It ends us when it hears nothing (`WATCHDOG=1`) for so long, milliseconds. */
  readonly watchdogMs?: number
}

export interface Host {
  readonly clock: AlarmClock
  readonly random: Random
  readonly files: HostFiles
  readonly net: HostNet
  readonly signals: Signals
  readonly serviceManager?: ServiceManager
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly hostname: string
  readonly stdin: () => Promise<Uint8Array>
  readonly stdout: { write(text: string | Uint8Array): void; readonly isTerminal: boolean }
  readonly stderr: { write(text: string | Uint8Array): void; readonly isTerminal: boolean }
  /** Process facts for the process_* metrics. */
  readonly process: {
    readonly pid: number
    readonly startTimeMs: number
    cpuSeconds(): number
    residentBytes(): number
    /** Memory of the machine, or of what the process is confined to. */
    memoryBytes?(): number
    virtualBytes(): number
    openFiles(): number
    /** The most virtual memory it may have; absent where nobody knows. */
    virtualMaxBytes?(): number
    /** IP bytes of the network namespace it runs in; absent where nobody counts. */
    networkBytes?(): { readonly received: number; readonly sent: number } | undefined
    maxFiles(): number
    /** `v20.20.2`, `linux`, `amd64`: what the version text and the build_info metric say. */
    readonly runtimeVersion?: string
    readonly os?: string
    readonly architecture?: string
  }
}
