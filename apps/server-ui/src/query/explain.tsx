/** The explain tab: what the expression means, part by part, and what the server does to answer it. */
import { Loaded } from '@prom/ui'
import { useState } from 'react'
import { useApi } from '../api.ts'
import { describe, type ExprNode, printExpr } from './expr-tree.ts'
import { ExprTree } from './tree.tsx'

interface PlanNode {
  readonly operator: string
  readonly expression: string
  readonly notes: readonly string[]
  readonly inputs: readonly PlanNode[]
}

interface Explained {
  readonly explain?: {
    readonly query: string
    readonly steps: number
    readonly from?: string
    readonly to?: string
    readonly rewrites: readonly { readonly name: string; readonly about: string }[]
    readonly plan: PlanNode
  }
}

function Plan({ node }: { node: PlanNode }) {
  return (
    <li>
      <span className="node">
        <strong>{node.operator}</strong> <span className="mono">{node.expression}</span>
      </span>
      {node.notes.length > 0 && <div className="dim">{node.notes.join(' · ')}</div>}
      {node.inputs.length > 0 && (
        <ul className="tree">
          {node.inputs.map((input, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the inputs of one unchanging plan.
            <Plan key={i} node={input} />
          ))}
        </ul>
      )}
    </li>
  )
}

export function Explain({ query, time }: { query: string; time: string }) {
  const [selected, setSelected] = useState<ExprNode>()
  const fetched = useApi<Explained>('/query', { query, time, explain: 'only' })
  return (
    <div className="split">
      <section aria-label="Meaning">
        <h3>Parts</h3>
        <ExprTree query={query} time={time} selected={selected} onSelect={setSelected} />
        {selected && (
          <div className="notice">
            <div className="mono">{printExpr(selected)}</div>
            {describe(selected).map((line) => (
              <div key={line}>{line}</div>
            ))}
          </div>
        )}
      </section>
      <section aria-label="Plan">
        <h3>Plan</h3>
        <Loaded fetched={fetched} what="There is no plan">
          {({ explain }) =>
            explain ? (
              <>
                {explain.from && (
                  <p className="dim">
                    Looks at samples from {explain.from} to {explain.to}.
                  </p>
                )}
                <ul className="tree root">
                  <Plan node={explain.plan} />
                </ul>
                {explain.rewrites.map(({ name, about }) => (
                  <p key={name}>
                    <span className="badge good">{name}</span> {about}
                  </p>
                ))}
              </>
            ) : (
              <p className="dim">This server does not tell its plans.</p>
            )
          }
        </Loaded>
      </section>
    </div>
  )
}
