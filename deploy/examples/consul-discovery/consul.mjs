// The part of Consul's HTTP API that discovery uses, for one service on two nodes.
import { createServer } from 'node:http'

const entries = ['web-1', 'web-2'].map((name, i) => ({
  Node: {
    ID: `id-${i}`,
    Node: name,
    Address: '127.0.0.1',
    Datacenter: 'dc1',
    Meta: { rack: `r${i}` },
  },
  Service: {
    ID: `shop-${i}`,
    Service: 'shop',
    Address: '',
    Tags: ['metrics'],
    Port: [9100, 9101][i],
    Meta: {},
  },
  Checks: [{ CheckID: 'serfHealth', Status: 'passing' }],
}))
const answers = {
  '/v1/agent/self': { Config: { Datacenter: 'dc1' } },
  '/v1/catalog/services': { shop: ['metrics'], consul: [] },
  '/v1/health/service/shop': entries,
}
const BLOCKING_QUERY_MS = 20_000

createServer((request, response) => {
  const url = new URL(request.url, 'http://consul')
  const answer = answers[url.pathname]
  const send = () => {
    response.setHeader('X-Consul-Index', '7')
    response.writeHead(answer ? 200 : 404).end(JSON.stringify(answer ?? null))
  }
  // A client that has seen index 7 waits for a change; none comes.
  if (url.searchParams.get('index') === '7') setTimeout(send, BLOCKING_QUERY_MS)
  else send()
}).listen(8500, '127.0.0.1')
