export { type Received, type ReceiverStorage, WriteReceiver } from './receive/receive-write.ts'
export { type RemoteReadConfig, remoteReadConfig } from './remote-read-config.ts'
export {
  REMOTE_WRITE_MESSAGES,
  type RemoteWriteConfig,
  remoteWriteConfig,
} from './remote-write-config.ts'
export { reservedHeaderProblem } from './reserved-headers.ts'
