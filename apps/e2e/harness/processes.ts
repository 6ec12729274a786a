/** Child processes of a suite: started with a log that is kept, ended by pid, waited for. */
import { type ChildProcess, spawn } from 'node:child_process'

const STOP_WITHIN_MS = 30_000

export interface Running {
  readonly child: ChildProcess
  /** Everything printed so far, both streams. */
  output(): string
  /** Exit code, or 128 + signal number, once it has ended. */
  readonly ended: Promise<number>
  stop(signal?: NodeJS.Signals): Promise<number>
}

const started = new Set<Running>()

export function start(
  path: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(path, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const keep = (chunk: Buffer) => {
    text += chunk.toString('utf8')
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal === 'SIGKILL' ? 9 : 15)))
  })
  const running: Running = {
    child,
    output: () => text,
    ended,
    stop: async (signal = 'SIGTERM') => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
      const code = await ended
      clearTimeout(timer)
      started.delete(running)
      return code
    },
  }
  started.add(running)
  return running
}

/** Ends whatever a failed test left running; call it in afterAll. */
export async function stopAll(): Promise<void> {
  await Promise.all([...started].map((running) => running.stop('SIGKILL').catch(() => 0)))
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a command to its end. */
export function run(
  path: string,
  args: readonly string[],
  options: {
    readonly cwd?: string
    readonly timeoutMs?: number
    readonly input?: string
    readonly env?: NodeJS.ProcessEnv
  } = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      timeout: options.timeoutMs ?? 60_000,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout += chunk.toString('utf8')
    })
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8')
    })
    // A program that wants no input may end before it is written.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? -1, stdout, stderr }))
  })
}

export { freePort } from '@prom/testkit'
