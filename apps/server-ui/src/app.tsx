/** The frame of every page: header, menu, theme, settings, and the page the address names. */
import { ActionIcon, Menu, Switch } from '@mantine/core'
import { Frame } from '@prom/ui'
import { lazy, Suspense, useEffect } from 'react'
import { Notifications } from './notifications.tsx'
import { AgentPage } from './pages/agent.tsx'
import { AlertmanagersPage } from './pages/alertmanagers.tsx'
import { AlertsPage } from './pages/alerts.tsx'
import { ConfigPage } from './pages/config.tsx'
import { FlagsPage } from './pages/flags.tsx'
import { RulesPage } from './pages/rules.tsx'
import { RunningQueriesPage } from './pages/running-queries.tsx'
import { ServiceDiscoveryPage } from './pages/service-discovery.tsx'
import { StatusPage } from './pages/status.tsx'
import { TargetsPage } from './pages/targets.tsx'
import { TsdbPage } from './pages/tsdb.tsx'
import { goTo, type PagePath, prefix, usePlace } from './place.ts'
import { Readiness } from './readiness.tsx'
import { type SettingKey, useSetting } from './settings.ts'

// The editor and the plots are most of the weight; other pages do without.
const QueryPage = lazy(() => import('./query/query-page.tsx'))

const pages: Readonly<Record<PagePath, { title: string; page: React.ComponentType }>> = {
  '/query': { title: 'Query', page: QueryPage },
  '/alerts': { title: 'Alerts', page: AlertsPage },
  '/targets': { title: 'Target health', page: TargetsPage },
  '/rules': { title: 'Rule health', page: RulesPage },
  '/service-discovery': { title: 'Service discovery', page: ServiceDiscoveryPage },
  '/status': { title: 'Runtime & build information', page: StatusPage },
  '/tsdb-status': { title: 'TSDB status', page: TsdbPage },
  '/flags': { title: 'Command-line flags', page: FlagsPage },
  '/config': { title: 'Configuration', page: ConfigPage },
  '/running-queries': { title: 'Running queries', page: RunningQueriesPage },
  '/alertmanager-discovery': { title: 'Alertmanager discovery', page: AlertmanagersPage },
  '/agent': { title: 'Prometheus Agent', page: AgentPage },
}
const inHeader: readonly PagePath[] = ['/query', '/alerts', '/targets', '/rules']
const underStatus = (Object.keys(pages) as PagePath[]).filter(
  (path) => path !== '/agent' && !inHeader.includes(path),
)

const switches: readonly (readonly [SettingKey, string])[] = [
  ['settings.useLocalTime', 'Use local time'],
  ['settings.enableQueryHistory', 'Offer query history'],
  ['settings.enableAutocomplete', 'Complete expressions'],
  ['settings.enableLinter', 'Check expressions while typing'],
  ['settings.showAnnotations', 'Show annotations of alerts'],
  ['settings.showQueryWarnings', 'Show query warnings'],
  ['settings.showQueryInfoNotices', 'Show query notices'],
]

function follow(event: React.MouseEvent, path: PagePath) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  goTo(path)
}

function SettingSwitch({ name, label }: { name: SettingKey; label: string }) {
  const [value, set] = useSetting(name)
  return (
    <Switch
      size="xs"
      my={6}
      label={label}
      checked={value === true}
      onChange={(event) => set(event.currentTarget.checked as never)}
    />
  )
}

function PageMenu({ path }: { path: PagePath }) {
  return (
    <>
      {inHeader.map((to) => (
        <a
          key={to}
          href={`${prefix}${to}`}
          aria-current={to === path ? 'page' : undefined}
          onClick={(event) => follow(event, to)}
        >
          {pages[to].title}
        </a>
      ))}
      <Menu>
        <Menu.Target>
          <a
            href={`${prefix}/status`}
            aria-current={underStatus.includes(path) ? 'page' : undefined}
            onClick={(event) => event.preventDefault()}
          >
            Status ▾
          </a>
        </Menu.Target>
        <Menu.Dropdown>
          {underStatus.map((to) => (
            <Menu.Item key={to} onClick={() => goTo(to)}>
              {pages[to].title}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}

function SettingsMenu() {
  return (
    <Menu closeOnItemClick={false} position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label="Settings" title="Settings">
          ⚙
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown p="sm">
        {switches.map(([name, label]) => (
          <SettingSwitch key={name} name={name} label={label} />
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export function App() {
  const { path } = usePlace()
  const { title, page: Page } = pages[path]
  useEffect(() => {
    document.title = `${title} | Prometheus`
  }, [title])
  return (
    <Frame
      title={
        <a className="title" href={`${prefix}/query`} onClick={(event) => follow(event, '/query')}>
          Prometheus
        </a>
      }
      menu={<PageMenu path={path} />}
      tools={
        <>
          <Notifications />
          <SettingsMenu />
        </>
      }
    >
      <Readiness>
        <Suspense fallback={<p className="dim">Loading …</p>}>
          <Page key={path} />
        </Suspense>
      </Readiness>
    </Frame>
  )
}
