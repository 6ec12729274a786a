/** What the server wants its users to know, as long as it is so: a failed reload, a restart that is due. */
import { Menu } from '@mantine/core'
import { printTime } from '@prom/ui'
import { useEffect, useState } from 'react'
import { prefix } from './place.ts'
import { useSetting } from './settings.ts'

interface Notice {
  readonly text: string
  readonly date: string
  readonly active: boolean
}

export function Notifications() {
  const [notices, setNotices] = useState<readonly Notice[]>([])
  const [isBroken, setBroken] = useState(false)
  const [isLocal] = useSetting('settings.useLocalTime')
  useEffect(() => {
    const stream = new EventSource(`${prefix}/api/v1/notifications/live`)
    stream.onopen = () => setBroken(false)
    // Closed for good: too many readers, or a server that has no such stream.
    stream.onerror = () => setBroken(stream.readyState === EventSource.CONNECTING)
    stream.onmessage = ({ data }) => {
      const notice = JSON.parse(String(data)) as Notice
      setNotices((old) => {
        const others = old.filter(({ text }) => text !== notice.text)
        return notice.active ? [...others, notice] : others
      })
    }
    return () => stream.close()
  }, [])
  if (notices.length === 0 && !isBroken) return null
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="badge warning" aria-label="Notifications of the server">
          {isBroken ? '!' : notices.length}
        </button>
      </Menu.Target>
      <Menu.Dropdown p="sm">
        {isBroken && <p>The server does not answer. Trying again …</p>}
        {notices.map(({ text, date }) => (
          <p key={text}>
            {text} <span className="dim">{printTime(Date.parse(date), isLocal)}</span>
          </p>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
