/** The query page: panels that live in the address, so that every view is a link. */
import { Button } from '@mantine/core'
import { useRef } from 'react'
import { goTo, usePlace } from '../place.ts'
import { Panel } from './panel.tsx'
import { emptyPanel, type PanelState, readPanels, writePanels } from './panel-state.ts'

export default function QueryPage() {
  const { search } = usePlace()
  const read = readPanels(search)
  const isEmpty = new URLSearchParams(search).get('panels') === '0'
  const panels = read.length > 0 || isEmpty ? read : [emptyPanel]
  const ids = useRef<number[]>([])
  while (ids.current.length < panels.length) {
    ids.current.push(Math.max(0, ...ids.current) + 1)
  }

  const write = (next: readonly PanelState[]) =>
    goTo('/query', next.length === 0 ? 'panels=0' : writePanels(next))

  return (
    <>
      <h1 hidden>Query</h1>
      {panels.map((panel, i) => (
        <Panel
          key={ids.current[i]}
          panel={panel}
          onChange={(next) => write(panels.map((old, k) => (k === i ? next : old)))}
          onRemove={() => {
            ids.current.splice(i, 1)
            write(panels.filter((_, k) => k !== i))
          }}
          onDuplicate={() => {
            ids.current.splice(i + 1, 0, Math.max(0, ...ids.current) + 1)
            write([...panels.slice(0, i + 1), panel, ...panels.slice(i + 1)])
          }}
        />
      ))}
      <Button size="xs" variant="default" onClick={() => write([...panels, emptyPanel])}>
        + Add query
      </Button>
    </>
  )
}
