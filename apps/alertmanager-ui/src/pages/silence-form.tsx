/** New silence, or an edited one: shows what it would hide before it is saved. */
import { Button, TextInput } from '@mantine/core'
import { Failure, Loaded, parseDuration, printDuration } from '@prom/ui'
import { useState } from 'react'
import { call, type Silence, useApi } from '../api.ts'
import { parseMatchers, printMatchers } from '../matchers.ts'
import { goTo, usePlace } from '../place.ts'
import { AffectedAlerts } from './silence.tsx'

const durations = ['30m', '1h', '2h', '8h', '1d', '1w']
const iso = (ms: number) => new Date(ms).toISOString()

function rememberedCreator(): string {
  return localStorage.getItem('defaultCreator') ?? ''
}

function Form({ old }: { old: Silence | undefined }) {
  const { parameters } = usePlace()
  const isRenewed = old?.status.state === 'expired'
  const [matchersText, setMatchersText] = useState(
    old ? printMatchers(old.matchers) : (parameters.get('filter') ?? ''),
  )
  const [start, setStart] = useState(old && !isRenewed ? old.startsAt : iso(Date.now()))
  const [end, setEnd] = useState(old && !isRenewed ? old.endsAt : iso(Date.now() + 2 * 3_600_000))
  const [creator, setCreator] = useState(old?.createdBy ?? rememberedCreator())
  const [comment, setComment] = useState(old?.comment ?? parameters.get('comment') ?? '')
  const [error, setError] = useState<string>()
  const matchers = parseMatchers(matchersText)
  const startMs = Date.parse(start)
  const endMs = Date.parse(end)
  const problems = [
    !matchers && 'The matchers cannot be read.',
    matchers?.length === 0 && 'At least one matcher is needed.',
    (Number.isNaN(startMs) || Number.isNaN(endMs)) &&
      'Times are ISO, in UTC: 2026-01-02T03:04:05Z.',
    endMs <= startMs && 'It must end after it starts.',
    !creator.trim() && 'Who creates it?',
    !comment.trim() && 'Why? A comment helps the next person.',
  ].filter((problem) => problem !== false)

  const save = async () => {
    try {
      localStorage.setItem('defaultCreator', creator)
      const { silenceID } = await call<{ silenceID: string }>('/silences', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          ...(old && !isRenewed && { id: old.id }),
          matchers,
          startsAt: iso(startMs),
          endsAt: iso(endMs),
          createdBy: creator,
          comment,
        }),
      })
      goTo(`/silences/${silenceID}`)
    } catch (err) {
      setError((err as Error).message)
    }
  }

  return (
    <div style={{ maxWidth: 900 }}>
      <h1 style={{ fontSize: 15 }}>{old && !isRenewed ? 'Edit silence' : 'New silence'}</h1>
      <TextInput
        size="xs"
        label="Matchers"
        placeholder='{alertname="InstanceDown", instance=~"web.*"}'
        value={matchersText}
        error={!matchers}
        onChange={(event) => setMatchersText(event.currentTarget.value)}
      />
      <div style={{ alignItems: 'end', display: 'flex', flexWrap: 'wrap', gap: 8 }}>
        <TextInput
          size="xs"
          w={220}
          label="Start (UTC)"
          value={start}
          onChange={(event) => setStart(event.currentTarget.value)}
        />
        <TextInput
          size="xs"
          w={220}
          label="End (UTC)"
          value={end}
          onChange={(event) => setEnd(event.currentTarget.value)}
        />
        {durations.map((text) => (
          <Button
            key={text}
            size="compact-xs"
            variant="default"
            onClick={() => setEnd(iso(startMs + (parseDuration(text) ?? 0)))}
          >
            {text}
          </Button>
        ))}
        <span className="dim">
          {endMs > startMs && printDuration(Math.round((endMs - startMs) / 1000) * 1000)}
        </span>
      </div>
      <TextInput
        size="xs"
        label="Creator"
        value={creator}
        onChange={(event) => setCreator(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label="Comment"
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
      />
      {error && <Failure what="The silence was not saved" error={error} />}
      {problems.length > 0 && <p className="dim">{problems.join(' ')}</p>}
      <p>
        <Button size="xs" disabled={problems.length > 0} onClick={save}>
          {old && !isRenewed ? 'Update' : 'Create'}
        </Button>
      </p>
      {matchers && matchers.length > 0 && <AffectedAlerts matchers={matchers} />}
    </div>
  )
}

export function SilenceFormPage({ id }: { id: string | undefined }) {
  const fetched = useApi<Silence>(
    id === undefined ? undefined : `/silence/${encodeURIComponent(id)}`,
  )
  if (id === undefined) return <Form old={undefined} />
  return (
    <Loaded fetched={fetched} what="The silence cannot be shown">
      {(silence) => <Form old={silence} />}
    </Loaded>
  )
}
