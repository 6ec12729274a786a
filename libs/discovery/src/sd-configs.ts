/**
 * The `*_sd_configs` keys of a scrape job or an alertmanager entry, for `inline(sdConfigs)`. One line per mechanism;
 * those of the original that are not built yet are refused by name.
 */
import { type Field, field, type Infer, list, type Schema, struct } from '@prom/yaml'
import { consulSdConfig } from './mechanisms/consul-config.ts'
import { dnsSdConfig } from './mechanisms/dns-config.ts'
import { fileSdConfig } from './mechanisms/file-config.ts'
import { httpSdConfig } from './mechanisms/http-config.ts'
import { targetGroupConfig } from './mechanisms/static-config.ts'

/** Sorted by key: the order in which they are printed. */
const built = {
  consul: entry('consul', consulSdConfig),
  dns: entry('dns', dnsSdConfig),
  file: entry('file', fileSdConfig),
  http: entry('http', httpSdConfig),
  static: field('static_configs', configList('static_configs', targetGroupConfig)),
}

const NOT_BUILT = [
  'aws',
  'azure',
  'digitalocean',
  'docker',
  'dockerswarm',
  'ec2',
  'ecs',
  'elasticache',
  'eureka',
  'gce',
  'hetzner',
  'ionos',
  'kubernetes',
  'kuma',
  'lightsail',
  'linode',
  'marathon',
  'msk',
  'nerve',
  'nomad',
  'oci',
  'openstack',
  'outscale',
  'ovhcloud',
  'puppetdb',
  'rds',
  'scaleway',
  'serverset',
  'stackit',
  'triton',
  'uyuni',
  'vultr',
]

/** `name` is how error texts call the struct these keys stand in. */
export const sdConfigs = struct('config.ScrapeConfig', { ...built, ...refusals() })

export type SdConfigs = Pick<Infer<typeof sdConfigs>, keyof typeof built>

function entry<T>(name: string, schema: Schema<T>): Field<readonly T[]> {
  return field(`${name}_sd_configs`, configList(`${name}_sd_configs`, schema))
}

function configList<T>(key: string, schema: Schema<T>): Schema<readonly T[]> {
  return list(schema, { nullError: `empty or null section in ${key}` })
}

function refusals(): Readonly<Record<string, Field<undefined>>> {
  const fields: Record<string, Field<undefined>> = {}
  for (const name of NOT_BUILT)
    fields[`${name}Refused`] = field(`${name}_sd_configs`, refused(name))
  return fields
}

function refused(name: string): Schema<undefined> {
  return {
    typeName: `[]*${name}.SDConfig`,
    decode: (node, scope) =>
      scope.fail(node.line, `service discovery mechanism "${name}" is not available in this build`),
    encode: () => undefined,
    zero: () => undefined,
  }
}
