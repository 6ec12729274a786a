import { duration, field, list, string, struct } from '@prom/yaml'

/** `serverset_sd_configs` and `nerve_sd_configs`. */
function zookeeperSdConfig(name: 'serverset' | 'nerve', typeName: string) {
  return struct(
    'zookeeper.plain',
    {
      servers: field('servers', list(string), { isAlwaysPrinted: true }),
      paths: field('paths', list(string), { isAlwaysPrinted: true }),
      timeout: field('timeout', duration, { default: 10_000 }),
    },
    {
      typeName,
      check({ servers, paths }) {
        if (servers.length === 0) {
          return `${name} SD config must contain at least one Zookeeper server`
        }
        if (paths.length === 0) return `${name} SD config must contain at least one path`
        const bad = paths.find((path) => !path.startsWith('/'))
        return bad === undefined ? undefined : `${name} SD config paths must begin with '/': ${bad}`
      },
    },
  )
}

export const serversetSdConfig = zookeeperSdConfig('serverset', 'zookeeper.ServersetSDConfig')
export const nerveSdConfig = zookeeperSdConfig('nerve', 'zookeeper.NerveSDConfig')
