import { emptyPrometheusConfig } from '@prom/prometheus-config'
import type { OtlpBody, OtlpSettings } from '@prom/remote'
import { serveRoutes } from '../testing/ask.ts'
import { fakeRoutes } from '../testing/fakes.ts'
import { createOtlp } from './otlp.ts'

test('OTLP bodies are handed on with their form and the settings; others are refused', async () => {
  const taken: [OtlpBody, OtlpSettings][] = []
  const otlp = createOtlp({
    ingest: {
      otlp: async (body, settings) => {
        taken.push([body, settings])
        const isGood = body.bytes.length > 3
        return isGood ? { status: 200, error: '' } : { status: 400, error: 'unexpected EOF' }
      },
    },
    config: () => emptyPrometheusConfig().otlp,
    features: new Set(['otlp-native-delta-ingestion']),
    lookbackMs: 60_000,
  })
  const server = await serveRoutes(fakeRoutes({ otlp }))
  const ask = async (headers: Record<string, string>, body = 'body') => {
    const path = '/api/v1/otlp/v1/metrics'
    const { status, text } = await server.ask(path, { method: 'POST', headers, body })
    return [status, text]
  }
  try {
    expect(await ask({ 'content-type': 'application/json', 'content-encoding': 'gzip' })).toEqual([
      200,
      '',
    ])
    expect(taken[0]?.[0]).toMatchObject({ isJson: true, isGzipped: true })
    expect(taken[0]?.[1]).toMatchObject({
      ...{ delta: 'keep', lookbackMs: 60_000, promotesAll: false },
      names: { isEscaped: true, hasSuffixes: true },
    })
    expect(await ask({ 'content-type': 'application/x-protobuf' }, 'x')).toEqual([
      400,
      'unexpected EOF\n',
    ])
    expect(await ask({ 'content-type': 'text/plain' })).toEqual([
      400,
      'unsupported content type: text/plain, supported: [application/json, application/x-protobuf]\n',
    ])
    expect(await ask({ 'content-type': 'application/json', 'content-encoding': 'zstd' })).toEqual([
      400,
      'unsupported compression: zstd. Only "gzip" or no compression supported\n',
    ])
    expect(taken).toHaveLength(2)
  } finally {
    await server.close()
  }
})
