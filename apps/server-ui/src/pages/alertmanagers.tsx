/** Where alerts are sent. */
import { Empty, Loaded } from '@prom/ui'
import { useApi } from '../api.ts'

interface Alertmanagers {
  readonly activeAlertmanagers: { readonly url: string }[]
  readonly droppedAlertmanagers: { readonly url: string }[]
}

export function AlertmanagersPage() {
  const fetched = useApi<Alertmanagers>('/alertmanagers')
  return (
    <>
      <h1 hidden>Alertmanager discovery</h1>
      <Loaded fetched={fetched} what="Alertmanagers cannot be shown">
        {({ activeAlertmanagers, droppedAlertmanagers }) =>
          activeAlertmanagers.length + droppedAlertmanagers.length === 0 ? (
            <Empty>No Alertmanager is configured: alerts go nowhere.</Empty>
          ) : (
            <table className="grid">
              <tbody>
                {activeAlertmanagers.map(({ url }) => (
                  <tr key={url}>
                    <td>
                      <span className="badge good">active</span>
                    </td>
                    <td className="mono">{url}</td>
                  </tr>
                ))}
                {droppedAlertmanagers.map(({ url }) => (
                  <tr key={url}>
                    <td>
                      <span className="badge unknown">dropped</span>
                    </td>
                    <td className="mono">{url}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Loaded>
    </>
  )
}
