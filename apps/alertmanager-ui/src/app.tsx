/** The frame of every page, and the page the hash names. */
import { Frame } from '@prom/ui'
import { AlertsPage } from './pages/alerts.tsx'
import { HistoryPage } from './pages/history.tsx'
import { RoutingPage } from './pages/routing.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { SilencePage } from './pages/silence.tsx'
import { SilenceFormPage } from './pages/silence-form.tsx'
import { SilencesPage } from './pages/silences.tsx'
import { StatusPage } from './pages/status.tsx'
import { usePlace } from './place.ts'

const menu = [
  ['/alerts', 'Alerts'],
  ['/silences', 'Silences'],
  ['/routing', 'Routing'],
  ['/history', 'History'],
  ['/status', 'Status'],
  ['/settings', 'Settings'],
] as const

function Page({ path }: { path: string }) {
  if (path === '/silences') return <SilencesPage />
  if (path === '/silences/new') return <SilenceFormPage id={undefined} />
  const silence = /^\/silences\/([^/]+)(\/edit)?$/.exec(path)
  if (silence?.[2]) return <SilenceFormPage id={silence[1]} />
  if (silence) return <SilencePage id={silence[1] ?? ''} />
  if (path === '/routing') return <RoutingPage />
  if (path === '/history') return <HistoryPage />
  if (path === '/settings') return <SettingsPage />
  if (path === '/status') return <StatusPage />
  return <AlertsPage />
}

export function App() {
  const { path } = usePlace()
  return (
    <Frame
      title={
        <a className="title" href="#/alerts">
          Alertmanager
        </a>
      }
      menu={menu.map(([to, title]) => (
        <a key={to} href={`#${to}`} aria-current={path.startsWith(to) ? 'page' : undefined}>
          {title}
        </a>
      ))}
      tools={<a href="#/silences/new">New silence</a>}
    >
      <Page key={path} path={path} />
    </Frame>
  )
}
