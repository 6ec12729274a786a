export { type OtlpBody, type OtlpOutcome, OtlpReceiver } from './otlp/otlp-receiver.ts'
export type { OtlpSettings } from './otlp/series-labels.ts'
export {
  ReadClients,
  type ReadClientsDeps,
  type ReadSelect,
  type ReadSelected,
} from './read/read-clients.ts'
export { type Received, type ReceiverStorage, WriteReceiver } from './receive/receive-write.ts'
export { WriteReceiver2 } from './receive/receive-write2.ts'
export { type RemoteReadConfig, remoteReadConfig } from './remote-read-config.ts'
export {
  REMOTE_WRITE_MESSAGES,
  type RemoteWriteConfig,
  remoteWriteConfig,
} from './remote-write-config.ts'
export { reservedHeaderProblem } from './reserved-headers.ts'
export type { ScrapedMetadata } from './send/encode-metadata.ts'
export { planWrites, type WritePlan } from './send/write-plan.ts'
export {
  createRemoteWritePort,
  type RemoteWriteRequest,
  serveRemoteWrite,
} from './send/write-port.ts'
export { type RemoteWrite, type WriteOptions, WriteStorage } from './send/write-storage.ts'
