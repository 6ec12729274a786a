/** Command-line flags, as they stand. */

import { TextInput } from '@mantine/core'
import { Facts, Loaded } from '@prom/ui'
import { useApi } from '../api.ts'
import { useParameter } from '../place.ts'

export function FlagsPage() {
  const fetched = useApi<Record<string, string>>('/status/flags')
  const [search, setSearch] = useParameter('search')
  return (
    <>
      <h1 hidden>Command-line flags</h1>
      <div className="filter-bar">
        <TextInput
          size="xs"
          w={320}
          aria-label="Filter by flag or value"
          placeholder="Filter by flag or value"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
      </div>
      <Loaded fetched={fetched} what="Flags cannot be shown">
        {(flags) => (
          <Facts
            title="Flags"
            facts={Object.fromEntries(
              Object.entries(flags)
                .filter(([name, value]) => `--${name} ${value}`.includes(search))
                .map(([name, value]) => [`--${name}`, value]),
            )}
          />
        )}
      </Loaded>
    </>
  )
}
