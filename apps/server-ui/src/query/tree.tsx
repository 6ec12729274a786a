/** The expression as a tree; each node tells how many series it yields, and can be looked at by itself. */
import { Failure, Loaded } from '@prom/ui'
import { useApi } from '../api.ts'
import { type ExprNode, partsOf, printExpr, titleOf } from './expr-tree.ts'
import type { QueryData } from './table.tsx'

const LABELS_MAX = 10

/** `job: 3, instance: 12`: how many values each label has. */
function countValues(data: QueryData): string {
  if (data.resultType !== 'vector' && data.resultType !== 'matrix') return ''
  const values = new Map<string, Set<string>>()
  for (const { metric } of data.result) {
    for (const [name, value] of Object.entries(metric)) {
      if (name === '__name__') continue
      values.set(name, (values.get(name) ?? new Set()).add(value))
    }
  }
  return [...values]
    .sort(([, a], [, b]) => b.size - a.size)
    .slice(0, LABELS_MAX)
    .map(([name, set]) => `${name}: ${set.size}`)
    .join(', ')
}

function TreeNode({
  expr,
  time,
  selected,
  onSelect,
}: {
  expr: ExprNode
  time: string
  selected: ExprNode | undefined
  onSelect: (expr: ExprNode) => void
}) {
  const { data, error, isLoading, tookMs } = useApi<QueryData>('/query', {
    query: printExpr(expr),
    time,
  })
  return (
    <li>
      <button
        type="button"
        className="node mono"
        aria-pressed={selected === expr}
        onClick={() => onSelect(expr)}
      >
        {titleOf(expr)}
      </button>{' '}
      <span className="dim">
        {isLoading && '…'}
        {data && !isLoading && (
          <>
            {Array.isArray(data.result) &&
            data.resultType !== 'scalar' &&
            data.resultType !== 'string'
              ? `${data.result.length} series`
              : data.resultType}{' '}
            · {Math.round(tookMs)} ms{countValues(data) && ` · ${countValues(data)}`}
          </>
        )}
      </span>
      {error && <Failure what="Error" error={error} />}
      <Parts expr={expr} time={time} selected={selected} onSelect={onSelect} />
    </li>
  )
}

function Parts(props: Parameters<typeof TreeNode>[0]) {
  const parts = partsOf(props.expr)
  if (parts.length === 0) return null
  return (
    <ul className="tree">
      {parts.map((part, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two parts may be the same text, and never change places.
        <TreeNode key={`${i} ${printExpr(part)}`} {...props} expr={part} />
      ))}
    </ul>
  )
}

export function ExprTree({
  query,
  time,
  selected,
  onSelect,
}: {
  query: string
  time: string
  selected: ExprNode | undefined
  onSelect: (expr: ExprNode) => void
}) {
  const fetched = useApi<ExprNode>('/parse_query', { query })
  return (
    <Loaded fetched={fetched} what="The expression cannot be parsed">
      {(expr) => (
        <ul className="tree root">
          <TreeNode expr={expr} time={time} selected={selected} onSelect={onSelect} />
        </ul>
      )}
    </Loaded>
  )
}
