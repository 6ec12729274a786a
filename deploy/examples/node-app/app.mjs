// An HTTP server that counts and times its requests.
import { createServer } from 'node:http'
import client from 'prom-client'

client.collectDefaultMetrics()
const seconds = new client.Histogram({
  name: 'shop_request_duration_seconds',
  help: 'Time to answer a request.',
  labelNames: ['method', 'code'],
})

const server = createServer(async (request, response) => {
  if (request.url === '/metrics') {
    response.setHeader('content-type', client.register.contentType)
    response.end(await client.register.metrics())
    return
  }
  const end = seconds.startTimer({ method: request.method })
  response.end('hello\n')
  end({ code: response.statusCode })
})
server.listen(8000, '127.0.0.1')
