/** Long lists: only what is near the window is in the page. Heights are guessed until a row has been seen. */
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { findRow, offsetsOf } from './row-offsets.ts'

/** Shorter lists are shown whole: they can be printed and searched with the browser's own means. */
const WHOLE_MAX = 200
const OVERSCAN_PX = 800

export function VirtualList<T>({
  items,
  keyOf,
  render,
  estimatePx,
  label,
}: {
  items: readonly T[]
  /** Unique and stable: measured heights are remembered by it. */
  keyOf: (item: T) => string
  render: (item: T) => React.ReactNode
  estimatePx: number
  label: string
}) {
  const host = useRef<HTMLUListElement>(null)
  const heights = useRef(new Map<string, number>())
  const [measured, setMeasured] = useState(0)
  const [view, setView] = useState({ top: 0, height: 900 })
  const isWhole = items.length <= WHOLE_MAX

  // biome-ignore lint/correctness/useExhaustiveDependencies: `measured` says that heights changed.
  const offsets = useMemo(
    () => offsetsOf(items, (item) => heights.current.get(keyOf(item)) ?? estimatePx),
    [items, keyOf, estimatePx, measured],
  )

  const look = useCallback(() => {
    const top = -(host.current?.getBoundingClientRect().top ?? 0)
    const height = window.innerHeight
    // Small moves stay within what is drawn beyond the window.
    setView((old) =>
      Math.abs(old.top - top) < OVERSCAN_PX / 2 && old.height === height ? old : { top, height },
    )
  }, [])

  useEffect(() => {
    if (isWhole) return
    look()
    // Captured: a list in a dialog scrolls with the dialog.
    const onScroll = { capture: true, passive: true }
    window.addEventListener('scroll', look, onScroll)
    window.addEventListener('resize', look)
    return () => {
      window.removeEventListener('scroll', look, onScroll)
      window.removeEventListener('resize', look)
    }
  }, [isWhole, look])

  const from = isWhole ? 0 : findRow(offsets, view.top - OVERSCAN_PX)
  const to = isWhole
    ? items.length
    : Math.min(items.length, findRow(offsets, view.top + view.height + OVERSCAN_PX) + 1)

  useLayoutEffect(() => {
    if (isWhole || !host.current) return
    let isChanged = false
    for (const row of host.current.children) {
      const key = (row as HTMLElement).dataset.key
      if (key === undefined) continue
      const { height } = row.getBoundingClientRect()
      if (Math.abs((heights.current.get(key) ?? estimatePx) - height) < 1) continue
      heights.current.set(key, height)
      isChanged = true
    }
    if (isChanged) setMeasured((n) => n + 1)
  })

  const total = offsets[items.length] ?? 0
  return (
    <ul
      ref={host}
      className="rows"
      aria-label={label}
      style={
        isWhole
          ? undefined
          : { paddingTop: offsets[from], paddingBottom: total - (offsets[to] ?? total) }
      }
    >
      {items.slice(from, to).map((item) => {
        const key = keyOf(item)
        return (
          <li key={key} data-key={key}>
            {render(item)}
          </li>
        )
      })}
    </ul>
  )
}
