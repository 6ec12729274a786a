export { MessageError, MessageReader } from './message-reader.ts'
export { MessageWriter } from './message-writer.ts'
