/**
 * The `*_sd_configs` keys of a scrape job or an alertmanager entry, for `inline(sdConfigs)`. One line per mechanism;
 * those of the original that are not built yet are refused by name.
 */
import { type Field, field, type Infer, list, type Schema, struct } from '@prom/yaml'
import { azureSdConfig } from './mechanisms/azure.ts'
import { consulSdConfig } from './mechanisms/consul-config.ts'
import { digitaloceanSdConfig } from './mechanisms/digitalocean.ts'
import { dnsSdConfig } from './mechanisms/dns-config.ts'
import { dockerSdConfig } from './mechanisms/docker.ts'
import { dockerswarmSdConfig } from './mechanisms/dockerswarm.ts'
import { ec2SdConfig } from './mechanisms/ec2.ts'
import { eurekaSdConfig } from './mechanisms/eureka.ts'
import { fileSdConfig } from './mechanisms/file-config.ts'
import { gceSdConfig } from './mechanisms/gce.ts'
import { hetznerSdConfig } from './mechanisms/hetzner.ts'
import { httpSdConfig } from './mechanisms/http-config.ts'
import { ionosSdConfig } from './mechanisms/ionos.ts'
import { kubernetesSdConfig } from './mechanisms/kubernetes-config.ts'
import { kumaSdConfig } from './mechanisms/kuma.ts'
import { lightsailSdConfig } from './mechanisms/lightsail.ts'
import { linodeSdConfig } from './mechanisms/linode.ts'
import { marathonSdConfig } from './mechanisms/marathon.ts'
import { nomadSdConfig } from './mechanisms/nomad.ts'
import { openstackSdConfig } from './mechanisms/openstack.ts'
import { ovhcloudSdConfig } from './mechanisms/ovhcloud.ts'
import { puppetdbSdConfig } from './mechanisms/puppetdb.ts'
import { scalewaySdConfig } from './mechanisms/scaleway.ts'
import { stackitSdConfig } from './mechanisms/stackit.ts'
import { targetGroupConfig } from './mechanisms/static-config.ts'
import { tritonSdConfig } from './mechanisms/triton.ts'
import { uyuniSdConfig } from './mechanisms/uyuni.ts'
import { vultrSdConfig } from './mechanisms/vultr.ts'
import { nerveSdConfig, serversetSdConfig } from './mechanisms/zookeeper-config.ts'

/** Sorted by key: the order in which they are printed. */
const built = {
  azure: entry('azure', azureSdConfig),
  consul: entry('consul', consulSdConfig),
  digitalocean: entry('digitalocean', digitaloceanSdConfig),
  dns: entry('dns', dnsSdConfig),
  docker: entry('docker', dockerSdConfig),
  dockerswarm: entry('dockerswarm', dockerswarmSdConfig),
  ec2: entry('ec2', ec2SdConfig),
  eureka: entry('eureka', eurekaSdConfig),
  file: entry('file', fileSdConfig),
  gce: entry('gce', gceSdConfig),
  hetzner: entry('hetzner', hetznerSdConfig),
  http: entry('http', httpSdConfig),
  ionos: entry('ionos', ionosSdConfig),
  kubernetes: entry('kubernetes', kubernetesSdConfig),
  kuma: entry('kuma', kumaSdConfig),
  lightsail: entry('lightsail', lightsailSdConfig),
  linode: entry('linode', linodeSdConfig),
  marathon: entry('marathon', marathonSdConfig),
  nerve: entry('nerve', nerveSdConfig),
  nomad: entry('nomad', nomadSdConfig),
  openstack: entry('openstack', openstackSdConfig),
  ovhcloud: entry('ovhcloud', ovhcloudSdConfig),
  puppetdb: entry('puppetdb', puppetdbSdConfig),
  scaleway: entry('scaleway', scalewaySdConfig),
  serverset: entry('serverset', serversetSdConfig),
  stackit: entry('stackit', stackitSdConfig),
  static: field('static_configs', configList('static_configs', targetGroupConfig)),
  triton: entry('triton', tritonSdConfig),
  uyuni: entry('uyuni', uyuniSdConfig),
  vultr: entry('vultr', vultrSdConfig),
}

/** Of releases after 3.5. */
const NOT_BUILT = ['aws', 'ecs', 'elasticache', 'msk', 'oci', 'outscale', 'rds']

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
