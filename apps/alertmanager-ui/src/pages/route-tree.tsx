/** The routing tree, with what became of an alert at each route. */
export interface RouteStep {
  readonly matchers: string
  readonly receiver: string
  readonly continue: boolean
  readonly verdict: 'matched' | 'failed' | 'skipped'
  readonly failedMatcher?: string
  readonly destination: boolean
  readonly routes: readonly RouteStep[]
}

const marks = { matched: '✓', failed: '✗', skipped: '–' } as const

function Step({ step, isRoot }: { step: RouteStep; isRoot: boolean }) {
  const { verdict, failedMatcher, destination } = step
  const tone = verdict === 'matched' ? 'passed' : verdict === 'skipped' ? 'skipped' : ''
  return (
    <li>
      <span className={`node ${tone}`}>
        <span aria-hidden="true">{marks[verdict]} </span>
        <span className="mono">{isRoot ? 'every alert' : step.matchers}</span> → {step.receiver}
      </span>{' '}
      {destination && <span className="badge good">goes here</span>}{' '}
      {step.continue && <span className="dim">and goes on to the next route</span>}
      {verdict === 'failed' && failedMatcher && (
        <span className="dim">
          not because of <span className="mono">{failedMatcher}</span>
        </span>
      )}
      {verdict === 'skipped' && <span className="dim">not asked: an earlier route took it</span>}
      {step.routes.length > 0 && (
        <ul className="tree">
          {step.routes.map((child, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: routes keep their order.
            <Step key={i} step={child} isRoot={false} />
          ))}
        </ul>
      )}
    </li>
  )
}

export function RouteTree({ root }: { root: RouteStep }) {
  return (
    <ul className="tree root">
      <Step step={root} isRoot />
    </ul>
  )
}
