import { type CollectorDeps, defineCollector } from '../collector.ts'

const MODES: Readonly<Record<string, number>> = { enforcing: 1, permissive: 0, disabled: -1 }

export const selinux = defineCollector({
  name: 'selinux',
  isDefault: true,
  create: (deps) => (page) => {
    const enforce = deps.own.sys.attributeIfThere('fs/selinux/enforce')
    const enabled = page.gauge('node_selinux_enabled', 'SELinux is enabled, 1 is true, 0 is false')
    if (enforce === undefined) {
      enabled.add(0)
      return
    }
    enabled.add(1)
    page
      .gauge('node_selinux_config_mode', 'Configured SELinux enforcement mode')
      .add(configMode(deps))
    page
      .gauge('node_selinux_current_mode', 'Current SELinux enforcement mode')
      .add(enforce === '1' ? 1 : 0)
  },
})

function configMode({ files }: CollectorDeps): number {
  try {
    const text = files.readTextSync('/etc/selinux/config')
    const mode = /^\s*SELINUX\s*=\s*(\w+)/m.exec(text)?.[1]?.toLowerCase() ?? ''
    return MODES[mode] ?? -1
  } catch {
    return -1
  }
}
