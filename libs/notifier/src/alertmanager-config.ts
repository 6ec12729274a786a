/** `alerting`: which Alertmanagers alerts go to, and how their labels are rewritten on the way. */
import { sdConfigs } from '@prom/discovery'
import { httpClientConfig, sigv4Config } from '@prom/http'
import { quoteGo } from '@prom/model'
import { relabelConfigs } from '@prom/relabel'
import {
  duration,
  field,
  type Infer,
  inline,
  list,
  oneOf,
  optional,
  string,
  struct,
} from '@prom/yaml'

export const alertmanagerConfig = struct(
  'config.AlertmanagerConfig',
  {
    http: inline(httpClientConfig),
    sigv4: field('sigv4', optional(sigv4Config)),
    scheme: field('scheme', string, { default: 'http' }),
    pathPrefix: field('path_prefix', string),
    timeout: field('timeout', duration, { default: 10_000 }),
    apiVersion: field(
      'api_version',
      oneOf(
        ['v2'],
        (text) => `expected Alertmanager api version to be one of [v2] but got ${text}`,
      ),
      { default: 'v2', isAlwaysPrinted: true },
    ),
    relabelConfigs: field(
      'relabel_configs',
      relabelConfigs('empty or null Alertmanager target relabeling rule'),
    ),
    alertRelabelConfigs: field(
      'alert_relabel_configs',
      relabelConfigs('empty or null Alertmanager alert relabeling rule'),
    ),
    discovery: inline(sdConfigs),
  },
  {
    check(config) {
      const { basicAuth, authorization, oauth2 } = config.http
      if (config.sigv4 && (basicAuth || authorization || oauth2)) {
        return 'at most one of basic_auth, authorization, oauth2, & sigv4 must be configured'
      }
      if (config.relabelConfigs.length > 0) return undefined
      for (const { targets } of config.discovery.static) {
        const bad = targets.find((target) => target.includes('/'))
        if (bad !== undefined) return `${quoteGo(bad)} is not a valid hostname`
      }
      return undefined
    },
  },
)

export const alertingConfig = struct(
  'config.plain',
  {
    alertRelabelConfigs: field(
      'alert_relabel_configs',
      relabelConfigs('empty or null alert relabeling rule'),
    ),
    alertmanagers: field(
      'alertmanagers',
      list(alertmanagerConfig, {
        typeName: 'config.AlertmanagerConfigs',
        nullError: 'empty or null Alertmanager section', // The original crashes here.
      }),
    ),
  },
  { typeName: 'config.AlertingConfig' },
)

export type AlertmanagerConfig = Infer<typeof alertmanagerConfig>
export type AlertingConfig = Infer<typeof alertingConfig>
