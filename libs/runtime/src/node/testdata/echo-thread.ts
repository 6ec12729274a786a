import { serveThread, threadData } from '../worker-port.ts'

const { factor } = threadData<{ factor: number }>()

serveThread<{ do: string; bytes?: Uint8Array }, unknown, string>((request, emit, transfer) => {
  switch (request.do) {
    case 'double': {
      const bytes = request.bytes?.map((byte) => byte * factor)
      if (bytes) transfer.push(bytes.buffer as ArrayBuffer)
      return bytes
    }
    case 'tell':
      emit('told')
      return undefined
    case 'fail':
      throw Object.assign(new Error('bad request'), { errorType: 'bad_data' })
    case 'hang':
      return new Promise(() => {})
    default:
      process.exit(1)
  }
})
