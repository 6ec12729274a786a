import { Text } from '@mantine/core'

/** The first page of an agent: it has no queries, rules and alerts. */
export function AgentPage() {
  return (
    <Text my="md">
      This Prometheus instance is running in agent mode. In this mode, Prometheus is only used to
      scrape discovered targets and forward the scraped metrics to remote write endpoints. Some
      features are not available in this mode, such as querying and alerting.
    </Text>
  )
}
