/** What this build is: set when a program is bundled, plain words when it runs from source. */
import type { Collector } from '@prom/metrics'
import type { Host } from '@prom/runtime'

declare const BUILD_VERSION: string
declare const BUILD_REVISION: string
declare const BUILD_BRANCH: string
declare const BUILD_DATE: string

export interface BuildInfo {
  readonly version: string
  readonly revision: string
  readonly branch: string
  readonly buildUser: string
  readonly buildDate: string
  /** The originals' field; ours is a Node version. */
  readonly goVersion: string
}

type Facts = Host['process']

export function readBuildInfo(facts: Facts): BuildInfo {
  const isBundled = typeof BUILD_VERSION !== 'undefined'
  return {
    version: isBundled ? BUILD_VERSION : '0.0.0',
    revision: isBundled ? BUILD_REVISION : 'unknown',
    branch: isBundled ? BUILD_BRANCH : 'unknown',
    buildUser: '',
    buildDate: isBundled ? BUILD_DATE : 'unknown',
    goVersion: `node${facts.runtimeVersion ?? ''}`,
  }
}

/** The text of `--version`, without a line end. */
export function printVersion(program: string, facts: Facts): string {
  const { version, revision, branch, buildUser, buildDate, goVersion } = readBuildInfo(facts)
  return [
    `${program}, version ${version} (branch: ${branch}, revision: ${revision})`,
    `  build user:       ${buildUser}`,
    `  build date:       ${buildDate}`,
    `  go version:       ${goVersion}`,
    `  platform:         ${facts.os ?? 'linux'}/${facts.architecture ?? 'amd64'}`,
    `  tags:             unknown`,
  ].join('\n')
}

/** Two fields of the originals' first log lines: `version` and `build_context`. */
export function describeBuild(facts: Facts): { version: string; buildContext: string } {
  const { version, revision, branch, buildUser, buildDate, goVersion } = readBuildInfo(facts)
  const platform = `${facts.os ?? 'linux'}/${facts.architecture ?? 'amd64'}`
  return {
    version: `(version=${version}, branch=${branch}, revision=${revision})`,
    buildContext: `(go=${goVersion}, platform=${platform}, user=${buildUser}, date=${buildDate}, tags=unknown)`,
  }
}

/** `<program>_build_info 1`. */
export function createBuildInfoMetric(program: string, facts: Facts): Collector {
  const { version, revision, branch, goVersion } = readBuildInfo(facts)
  const labels = [
    ...['branch', branch, 'goarch', facts.architecture ?? 'amd64', 'goos', facts.os ?? 'linux'],
    ...['goversion', goVersion, 'revision', revision, 'tags', 'unknown', 'version', version],
  ]
  return {
    collect: () => [
      {
        name: `${program}_build_info`,
        help: `A metric with a constant '1' value labeled by version, revision, branch, goversion from which ${program} was built, and the goos and goarch for the build.`,
        type: 'gauge',
        points: [{ labels, value: 1 }],
      },
    ],
  }
}
