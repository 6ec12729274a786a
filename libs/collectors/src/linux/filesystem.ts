import { type CollectorDeps, defineCollector } from '../collector.ts'
import type { DeviceFilter } from '../device-filter.ts'
import { chooseFilter } from '../filter-flags.ts'
import type { Page } from '../page.ts'
import { MountWatch } from './mount-watch.ts'
import { type Mount, readMounts } from './mountinfo.ts'

const MOUNT_POINTS_EXCLUDE =
  '^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)'
const TYPES_EXCLUDE =
  '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$'

export const filesystem = defineCollector({
  name: 'filesystem',
  isDefault: true,
  flags: [
    {
      name: 'collector.filesystem.mount-points-exclude',
      kind: 'string',
      fallback: MOUNT_POINTS_EXCLUDE,
      help: 'Regexp of mount points to exclude for filesystem collector. (mutually exclusive to mount-points-include)',
    },
    {
      name: 'collector.filesystem.mount-points-include',
      kind: 'string',
      help: 'Regexp of mount points to include for filesystem collector. (mutually exclusive to mount-points-exclude)',
    },
    {
      name: 'collector.filesystem.fs-types-exclude',
      kind: 'string',
      fallback: TYPES_EXCLUDE,
      help: 'Regexp of filesystem types to exclude for filesystem collector. (mutually exclusive to fs-types-include)',
    },
    {
      name: 'collector.filesystem.fs-types-include',
      kind: 'string',
      help: 'Regexp of filesystem types to exclude for filesystem collector. (mutually exclusive to fs-types-exclude)',
    },
    {
      name: 'collector.filesystem.ignored-mount-points',
      kind: 'string',
      isHidden: true,
      help: 'Regexp of mount points to ignore for filesystem collector.',
    },
    {
      name: 'collector.filesystem.ignored-fs-types',
      kind: 'string',
      isHidden: true,
      help: 'Regexp of filesystem types to ignore for filesystem collector.',
    },
    {
      name: 'collector.filesystem.mount-timeout',
      kind: 'duration',
      fallback: '5s',
      isHidden: true,
      help: 'how long to wait for a mount to respond before marking it as stale',
    },
    {
      name: 'collector.filesystem.stat-workers',
      kind: 'integer',
      fallback: '4',
      isHidden: true,
      help: 'how many stat calls to process simultaneously',
    },
  ],
  create: (deps) => {
    const mountPoints = chooseFilter(deps, {
      exclude: 'collector.filesystem.mount-points-exclude',
      include: 'collector.filesystem.mount-points-include',
      oldExclude: 'collector.filesystem.ignored-mount-points',
      conflict: 'unable to parse mount points filter flags: %s',
      isLogged: true,
    })
    const types = chooseFilter(deps, {
      conflict: 'unable to parse fs types filter flags: %s',
      exclude: 'collector.filesystem.fs-types-exclude',
      include: 'collector.filesystem.fs-types-include',
      oldExclude: 'collector.filesystem.ignored-fs-types',
      isLogged: true,
    })
    const watch = new MountWatch({
      ...deps,
      timeoutMs: deps.flags.number('collector.filesystem.mount-timeout'),
      workersMax: deps.flags.number('collector.filesystem.stat-workers'),
    })
    return async (page, signal) => {
      const mounts = wantedMounts(deps, mountPoints, types)
      const answers = await watch.stat(mounts, signal)
      addMounts(page, mounts, answers)
    }
  },
})

function wantedMounts(
  { proc, rootPath, log }: CollectorDeps,
  mountPoints: DeviceFilter,
  types: DeviceFilter,
): Mount[] {
  return readMounts(proc, rootPath).filter((mount) => {
    if (mountPoints.ignores(mount.mountPoint)) {
      log.debug('Ignoring mount point', { mountpoint: mount.mountPoint })
      return false
    }
    if (types.ignores(mount.type)) {
      log.debug('Ignoring fs type', { type: mount.type })
      return false
    }
    return true
  })
}

function addMounts(
  page: Page,
  mounts: readonly Mount[],
  answers: Awaited<ReturnType<MountWatch['stat']>>,
): void {
  const size = page.gauge('node_filesystem_size_bytes', 'Filesystem size in bytes.', LABELS)
  const free = page.gauge('node_filesystem_free_bytes', 'Filesystem free space in bytes.', LABELS)
  const available = page.gauge(
    'node_filesystem_avail_bytes',
    'Filesystem space available to non-root users in bytes.',
    LABELS,
  )
  const files = page.gauge('node_filesystem_files', 'Filesystem total file nodes.', LABELS)
  const filesFree = page.gauge(
    'node_filesystem_files_free',
    'Filesystem total free file nodes.',
    LABELS,
  )
  const readonly = page.gauge('node_filesystem_readonly', 'Filesystem read-only status.', LABELS)
  const failed = page.gauge(
    'node_filesystem_device_error',
    'Whether an error occurred while getting statistics for the given device.',
    LABELS,
  )
  const purgeable = page.gauge(
    'node_filesystem_purgeable_bytes',
    'Filesystem space available including purgeable space (MacOS specific).',
    LABELS,
  )
  const info = page.gauge('node_filesystem_mount_info', 'Filesystem mount information.', [
    'device',
    'major',
    'minor',
    'mountpoint',
  ])

  const seen = new Set<string>()
  mounts.forEach((mount, i) => {
    const answer = answers[i]
    if (!answer) return
    const error = typeof answer === 'string' ? answer : ''
    const labels = [mount.device, mount.mountPoint, mount.type, error]
    const key = [...labels, mount.major, mount.minor].join('\0')
    if (seen.has(key)) return
    seen.add(key)
    failed.add(error === '' ? 0 : 1, ...labels)
    readonly.add(mount.isReadOnly ? 1 : 0, ...labels)
    if (typeof answer === 'string') return
    size.add(answer.blocks * answer.blockSize, ...labels)
    free.add(answer.blocksFree * answer.blockSize, ...labels)
    available.add(answer.blocksAvailable * answer.blockSize, ...labels)
    files.add(answer.files, ...labels)
    filesFree.add(answer.filesFree, ...labels)
    purgeable.add(0, ...labels) // Compat: only other systems have a value.
    info.add(1, mount.device, mount.major, mount.minor, mount.mountPoint)
  })
}

const LABELS = ['device', 'mountpoint', 'fstype', 'device_error']
