/** What a page says when it has nothing, fails, or waits. */
import { Skeleton } from '@mantine/core'
import type { Fetched } from './fetched.ts'

export function Failure({
  what,
  error,
  retry,
}: {
  what: string
  error: string
  retry?: () => void
}) {
  return (
    <div className="notice bad" role="alert">
      <strong>{what}:</strong> {error}{' '}
      {retry && (
        <button type="button" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  )
}

export function Empty({ children }: { children: React.ReactNode }) {
  return <div className="notice good">{children}</div>
}

/** Shows `children` once data is there; an error stays above the last good data. */
export function Loaded<T>({
  fetched,
  what,
  children,
}: {
  fetched: Fetched<T>
  what: string
  children: (data: T) => React.ReactNode
}) {
  return (
    <>
      {fetched.error !== undefined && (
        <Failure what={what} error={fetched.error} retry={fetched.reload} />
      )}
      {fetched.data !== undefined
        ? children(fetched.data)
        : fetched.isLoading && (
            <div aria-busy="true">
              <Skeleton height={28} mb={6} />
              <Skeleton height={28} mb={6} />
              <Skeleton height={28} width="60%" />
            </div>
          )}
    </>
  )
}
