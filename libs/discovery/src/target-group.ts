/** Targets that were found together; labels of the group apply to each that does not have them itself. */
export interface TargetGroup {
  /** Names the group within its mechanism: a file and index, a DNS name, a pod. */
  readonly source: string
  readonly targets: readonly Readonly<Record<string, string>>[]
  readonly labels: Readonly<Record<string, string>>
}
