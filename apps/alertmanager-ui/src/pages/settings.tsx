/** What this browser remembers. */
import { Switch, TextInput } from '@mantine/core'
import { timeSettings } from '@prom/ui'
import { useState } from 'react'

/** The original's key, a raw string. */
const CREATOR_KEY = 'defaultCreator'

export function SettingsPage() {
  const [isLocal, setLocal] = timeSettings.use('settings.useLocalTime')
  const [creator, setCreator] = useState(() => localStorage.getItem(CREATOR_KEY) ?? '')
  return (
    <>
      <h1>Settings</h1>
      <p className="dim">Kept in this browser only.</p>
      <Switch
        size="xs"
        label="Show times in local time instead of UTC"
        checked={isLocal}
        onChange={(event) => setLocal(event.currentTarget.checked)}
      />
      <TextInput
        mt={12}
        w={320}
        size="xs"
        label="Creator of new silences"
        value={creator}
        onChange={(event) => {
          setCreator(event.currentTarget.value)
          localStorage.setItem(CREATOR_KEY, event.currentTarget.value)
        }}
      />
    </>
  )
}
