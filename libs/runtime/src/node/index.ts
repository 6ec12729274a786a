export { createClock } from './clock.ts'
export { createFiles } from './files.ts'
export { glob, matchName } from './glob.ts'
export { createHost } from './host.ts'
export { createResolver } from './resolver.ts'
export { runProgram } from './run-program.ts'
export {
  createSyncCaller,
  createSyncChannel,
  type SyncChannel,
  type SyncEnd,
} from './sync-channel.ts'
export { createWorkerPort, serveThread, threadData, type WorkerPort } from './worker-port.ts'
