/** What each relabelling rule of a job makes of one target's labels. */
import { LabelSet, Loaded } from '@prom/ui'
import { useApi } from '../api.ts'

interface Step {
  readonly rule: Record<string, unknown>
  readonly output: Record<string, string>
  readonly keep: boolean
}

function Changes({
  before,
  after,
}: {
  before: Record<string, string>
  after: Record<string, string>
}) {
  const changed = Object.keys(after).filter((name) => before[name] !== after[name])
  const removed = Object.keys(before).filter((name) => !(name in after))
  if (changed.length + removed.length === 0) return <span className="dim">no change</span>
  return (
    <>
      {changed.length > 0 && (
        <div>
          {changed.some((name) => name in before) ? 'set ' : 'added '}
          <LabelSet labels={Object.fromEntries(changed.map((name) => [name, after[name] ?? '']))} />
        </div>
      )}
      {removed.length > 0 && (
        <div>
          removed{' '}
          <LabelSet
            labels={Object.fromEntries(removed.map((name) => [name, before[name] ?? '']))}
          />
        </div>
      )}
    </>
  )
}

export function RelabelSteps({ pool, labels }: { pool: string; labels: Record<string, string> }) {
  const fetched = useApi<{ steps: Step[] }>('/targets/relabel_steps', {
    scrapePool: pool,
    labels: JSON.stringify(labels),
  })
  return (
    <Loaded fetched={fetched} what="The steps cannot be shown">
      {({ steps }) => {
        if (steps.length === 0) return <p className="dim">This job has no relabelling rules.</p>
        const end = steps.findIndex(({ keep }) => !keep)
        const shown = end < 0 ? steps : steps.slice(0, end + 1)
        return (
          <ol className="steps">
            {shown.map(({ rule, output, keep }, i) => (
              <li className="step" key={JSON.stringify([i, rule])}>
                <span className="mono">
                  {Object.entries(rule)
                    .filter(([, value]) => value !== '')
                    .map(([name, value]) => `${name}: ${JSON.stringify(value)}`)
                    .join(', ')}
                </span>
                {keep ? (
                  <Changes before={shown[i - 1]?.output ?? labels} after={output} />
                ) : (
                  <div className="badge bad">drops the target</div>
                )}
              </li>
            ))}
          </ol>
        )
      }}
    </Loaded>
  )
}
