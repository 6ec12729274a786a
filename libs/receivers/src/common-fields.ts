/** The fields every receiver has. */
import { type HttpClientConfig, httpClientConfig } from '@prom/http'
import { bool, field, optional } from '@prom/yaml'
import type { GlobalConfig } from './global-config.ts'

export function commonFields(sendsResolved: boolean) {
  return {
    sendResolved: field('send_resolved', bool, { default: sendsResolved, isAlwaysPrinted: true }),
    httpConfig: field('http_config', optional(httpClientConfig)),
  }
}

/** A receiver's own HTTP settings stand instead of the global ones, not beside them. */
export function withHttp<C extends { readonly httpConfig: HttpClientConfig | undefined }>(
  config: C,
  global: GlobalConfig,
): C & { readonly httpConfig: HttpClientConfig } {
  return { ...config, httpConfig: config.httpConfig ?? global.httpConfig }
}

/** Of a completed configuration. */
export function httpOf(config: {
  readonly httpConfig: HttpClientConfig | undefined
}): HttpClientConfig {
  return config.httpConfig ?? httpClientConfig.create()
}

/** The default text of a field: the built-in template of that name. */
export function template(name: string): { readonly default: string } {
  return { default: `{{ template "${name}" . }}` }
}
