/** `static_configs`: targets written into the configuration, and the same groups in discovery files. */
import { labelSet } from '@prom/relabel'
import { field, type Infer, list, string, struct } from '@prom/yaml'

/** Go prints the anonymous struct it decodes a group into. */
const TYPE =
  'struct { Targets []string "yaml:\\"targets\\""; Labels model.LabelSet "yaml:\\"labels\\"" }'

export const targetGroupConfig = struct(
  TYPE,
  {
    targets: field('targets', list(string), { isAlwaysPrinted: true }),
    labels: field('labels', labelSet),
  },
  { typeName: 'targetgroup.Group' },
)

export type TargetGroupConfig = Infer<typeof targetGroupConfig>
