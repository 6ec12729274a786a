/** The server pages' settings, under the original's keys. */
import { createSettings } from '@prom/ui'

const settings = createSettings({
  'settings.useLocalTime': false,
  'settings.enableQueryHistory': false,
  'settings.enableAutocomplete': true,
  'settings.enableSyntaxHighlighting': true,
  'settings.enableLinter': true,
  'settings.showAnnotations': true,
  'settings.showQueryWarnings': true,
  'settings.showQueryInfoNotices': true,
  'queryPage.queryHistory': [] as string[],
  'targetsPage.collapsedPools': [] as string[],
  'serviceDiscovery.collapsedPools': [] as string[],
})

export const { read: readSetting, write: writeSetting, use: useSetting } = settings
export type SettingKey = Parameters<typeof readSetting>[0]
