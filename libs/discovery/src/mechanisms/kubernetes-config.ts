import { type HttpClientConfig, httpClientConfig } from '@prom/http'
import { quoteGo } from '@prom/model'
import {
  bool,
  encodeYaml,
  field,
  type Infer,
  inline,
  list,
  oneOf,
  optional,
  path,
  string,
  struct,
  url,
} from '@prom/yaml'

export const KUBERNETES_ROLES = [
  ...(['node', 'pod', 'service', 'endpoints', 'endpointslice', 'ingress'] as const),
]
export type KubernetesRole = (typeof KUBERNETES_ROLES)[number]

const role = oneOf(KUBERNETES_ROLES, (text) => `unknown Kubernetes SD role ${quoteGo(text)}`)

/** Whose objects a role can narrow down. */
const SELECTORS: Readonly<Record<KubernetesRole, readonly string[]>> = {
  pod: ['pod', 'node'],
  service: ['service'],
  endpointslice: ['pod', 'service', 'endpointslice'],
  endpoints: ['pod', 'service', 'endpoints'],
  node: ['node'],
  ingress: ['ingress'],
}

const namespaces = struct(
  'kubernetes.plain',
  {
    ownNamespace: field('own_namespace', bool, { isAlwaysPrinted: true }),
    names: field('names', list(string), { isAlwaysPrinted: true }),
  },
  { typeName: 'kubernetes.NamespaceDiscovery' },
)

const selector = struct('kubernetes.SelectorConfig', {
  role: field('role', role),
  label: field('label', string),
  field: field('field', string),
})

const attach = struct('kubernetes.AttachMetadataConfig', {
  node: field('node', bool, { isAlwaysPrinted: true }),
  namespace: field('namespace', bool),
})

export const kubernetesSdConfig = struct(
  'kubernetes.plain',
  {
    apiServer: field('api_server', url),
    role: field('role', role, { isAlwaysPrinted: true }),
    kubeconfigFile: field('kubeconfig_file', path, { isAlwaysPrinted: true }),
    http: inline(httpClientConfig),
    namespaces: field('namespaces', optional(namespaces)),
    selectors: field('selectors', list(selector)),
    attachMetadata: field('attach_metadata', optional(attach)),
  },
  {
    typeName: 'kubernetes.SDConfig',
    check: checkKubernetes,
    removed: {
      api_servers: 'api_server',
      in_cluster: 'leave out api_server',
      masters: 'api_server',
    },
  },
)
export type KubernetesSdConfig = Infer<typeof kubernetesSdConfig>

const DEFAULT_HTTP = () => printHttp(httpClientConfig.create())
const printHttp = (http: HttpClientConfig) => encodeYaml(httpClientConfig.encode(http) ?? {})

interface Draft {
  readonly role: KubernetesRole
  readonly apiServer: string
  readonly kubeconfigFile: string
  readonly namespaces: Infer<typeof namespaces> | undefined
  readonly selectors: readonly Infer<typeof selector>[]
  readonly http: HttpClientConfig
}

function checkKubernetes(config: Draft): string | undefined {
  const { role, apiServer, kubeconfigFile, namespaces, selectors, http } = config
  if (!role) {
    return 'role missing (one of: pod, service, endpoints, endpointslice, node, ingress)'
  }
  if (apiServer !== '' && kubeconfigFile !== '') {
    return "cannot use 'kubeconfig_file' and 'api_server' simultaneously"
  }
  const isCustom = printHttp(http) !== DEFAULT_HTTP()
  if (kubeconfigFile !== '' && isCustom) {
    return "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"
  }
  if (apiServer === '' && isCustom) {
    return "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"
  }
  if (apiServer !== '' && namespaces?.ownNamespace) {
    return "cannot use 'api_server' and 'namespaces.own_namespace' simultaneously"
  }
  if (kubeconfigFile !== '' && namespaces?.ownNamespace) {
    return "cannot use 'kubeconfig_file' and 'namespaces.own_namespace' simultaneously"
  }
  const seen = new Set<string>()
  for (const one of selectors) {
    if (seen.has(one.role)) return `duplicated selector role: ${one.role}`
    seen.add(one.role)
    if (!SELECTORS[role].includes(one.role)) {
      return `${role} role supports only ${SELECTORS[role].join(', ')} selectors`
    }
    const bad = badFieldTerm(one.field)
    if (bad !== undefined) return `invalid selector: '${one.field}'; can't understand '${bad}'`
  }
  return undefined
}

function badFieldTerm(text: string): string | undefined {
  return text.split(',').find((term) => term !== '' && !/[^\\]?=/.test(term))
}
