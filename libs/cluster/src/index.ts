export { isPrivate } from './address.ts'
export { Cluster, type ClusterDeps, type ClusterOptions, type SharedState } from './cluster.ts'
