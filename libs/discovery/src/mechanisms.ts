import { azure } from './mechanisms/azure.ts'
import { consul } from './mechanisms/consul.ts'
import { digitalocean } from './mechanisms/digitalocean.ts'
import { dns } from './mechanisms/dns.ts'
import { docker } from './mechanisms/docker.ts'
import { dockerswarm } from './mechanisms/dockerswarm.ts'
import { ec2 } from './mechanisms/ec2.ts'
import { eureka } from './mechanisms/eureka.ts'
import { file } from './mechanisms/file.ts'
import { gce } from './mechanisms/gce.ts'
import { hetzner } from './mechanisms/hetzner.ts'
import { http } from './mechanisms/http.ts'
import { ionos } from './mechanisms/ionos.ts'
import { kubernetes } from './mechanisms/kubernetes.ts'
import { kuma } from './mechanisms/kuma.ts'
import { lightsail } from './mechanisms/lightsail.ts'
import { linode } from './mechanisms/linode.ts'
import { marathon } from './mechanisms/marathon.ts'
import { nomad } from './mechanisms/nomad.ts'
import { openstack } from './mechanisms/openstack.ts'
import { ovhcloud } from './mechanisms/ovhcloud.ts'
import { puppetdb } from './mechanisms/puppetdb.ts'
import { scaleway } from './mechanisms/scaleway.ts'
import { nerve, serverset } from './mechanisms/serverset.ts'
import { stackit } from './mechanisms/stackit.ts'
import { triton } from './mechanisms/triton.ts'
import { uyuni } from './mechanisms/uyuni.ts'
import { vultr } from './mechanisms/vultr.ts'

/** One line per mechanism, keyed as in `SdConfigs`; `static` is not one, it needs nobody to run. */
export const mechanisms = {
  azure,
  consul,
  digitalocean,
  dns,
  docker,
  dockerswarm,
  ec2,
  eureka,
  file,
  gce,
  hetzner,
  http,
  ionos,
  kubernetes,
  kuma,
  lightsail,
  linode,
  marathon,
  nerve,
  nomad,
  openstack,
  ovhcloud,
  puppetdb,
  scaleway,
  serverset,
  stackit,
  triton,
  uyuni,
  vultr,
}
