/** `POST /otlp/v1/metrics`: OTLP metrics on their way to storage. */
import { type HttpHandler, HttpLimitError, readBody, respondError } from '@prom/http'
import type { OtlpConfig } from '@prom/prometheus-config'
import type { OtlpSettings } from '@prom/remote'
import type { IngestControl } from '@prom/scrape'

const BODY_LIMIT_BYTES = 32 * 1024 * 1024

export interface OtlpDeps {
  readonly ingest: Pick<IngestControl, 'otlp'>
  readonly config: () => OtlpConfig
  readonly features: ReadonlySet<string>
  readonly lookbackMs: number
}

export const refuseOtlp: HttpHandler = (_request, response) => {
  const text = 'otlp write receiver needs to be enabled with --web.enable-otlp-receiver'
  respondError(response, 404, text)
}

export function createOtlp({ ingest, config, features, lookbackMs }: OtlpDeps): HttpHandler {
  return async (request, response) => {
    const contentType = request.headers['content-type'] ?? ''
    const isJson = contentType === 'application/json'
    if (!isJson && contentType !== 'application/x-protobuf') {
      const text = `unsupported content type: ${contentType}, supported: [application/json, application/x-protobuf]`
      respondError(response, 400, text)
      return
    }
    const encoding = request.headers['content-encoding'] ?? ''
    if (encoding !== '' && encoding !== 'gzip') {
      const text = `unsupported compression: ${encoding}. Only "gzip" or no compression supported`
      respondError(response, 400, text)
      return
    }
    let bytes: Uint8Array
    try {
      bytes = new Uint8Array(await readBody(request, BODY_LIMIT_BYTES))
    } catch (err) {
      if (!(err instanceof HttpLimitError)) throw err
      respondError(response, 400, err.message)
      return
    }
    const body = { bytes, isJson, isGzipped: encoding === 'gzip' }
    const settings = otlpSettings(config(), features, lookbackMs)
    const { status, error } = await ingest.otlp(body, settings)
    if (status === 200) response.writeHead(200).end()
    else respondError(response, status, error)
  }
}

function otlpSettings(
  config: OtlpConfig,
  features: ReadonlySet<string>,
  lookbackMs: number,
): OtlpSettings {
  const { translationStrategy: strategy } = config
  return {
    names: {
      isEscaped: strategy.startsWith('UnderscoreEscaping'),
      hasSuffixes: strategy.endsWith('WithSuffixes'),
      sanitizesUnderscore: config.labelNameUnderscoreSanitization,
      keepsUnderscores: config.labelNamePreserveMultipleUnderscores,
    },
    promotesAll: config.promoteAllResourceAttributes,
    promoted: config.promoteResourceAttributes,
    ignored: config.ignoreResourceAttributes,
    promotesScope: config.promoteScopeMetadata,
    keepsIdentifying: config.keepIdentifyingResourceAttributes,
    convertsHistograms: config.convertHistogramsToNhcb,
    hasTypeAndUnitLabels: features.has('type-and-unit-labels'),
    delta: features.has('otlp-deltatocumulative')
      ? 'convert'
      : features.has('otlp-native-delta-ingestion')
        ? 'keep'
        : 'refuse',
    lookbackMs,
  }
}
