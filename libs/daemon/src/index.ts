export {
  type BuildInfo,
  createBuildInfoMetric,
  describeBuild,
  printVersion,
  readBuildInfo,
} from './build-info.ts'
export { logFlags, versionFlag, webFlags } from './common-flags.ts'
export { addHealthRoutes, createDaemon, type Daemon, type DaemonOptions } from './daemon.ts'
export { computeExternalUrl, computeRoutePrefix, type ExternalUrl } from './external-url.ts'
export {
  escapeHtml,
  LANDING_PAGE_HEADERS,
  type LandingPageOptions,
  printLandingPage,
} from './landing-page.ts'
export { createMetricsPage, type MetricsPageOptions } from './metrics-page.ts'
export { addProfileRoutes } from './profiles.ts'
export { Reloader, type ReloaderDeps, type ReloaderOptions, refuseLifecycle } from './reloader.ts'
